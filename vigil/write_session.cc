#include "vigil/write_session.h"

#include "engine/varint.h"

namespace vigil {
namespace {

constexpr char kFormat = 1;

void AppendFixed(uint64_t value, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i)
    out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

std::string SessionKey(const SessionId& session, uint32_t slot) {
  std::string key = "once/";
  AppendFixed(session.high, 8, key);
  AppendFixed(session.low, 8, key);
  AppendFixed(slot, 2, key);
  return key;
}

std::string EncodeSessionEntry(const SessionEntry& entry) {
  const bool kept = entry.kept && entry.outcome.size() <= kOutcomeBytesMax;
  std::string out(1, kFormat);
  out.push_back(kept ? 1 : 0);
  engine::AppendVarint(entry.sequence, out);
  engine::AppendVarint(static_cast<uint64_t>(entry.verdict.code()), out);
  if (!entry.verdict.ok()) {
    out.append(entry.verdict.message().data(), entry.verdict.message().size());
  } else if (kept) {
    out.append(entry.outcome);
  }
  return out;
}

absl::StatusOr<SessionEntry> DecodeSessionEntry(std::string_view bytes) {
  SessionEntry entry;
  uint64_t code = 0;
  if (bytes.size() < 2 || bytes[0] != kFormat ||
      static_cast<uint8_t>(bytes[1]) > 1) {
    return absl::DataLossError("not an entry of a session");
  }
  entry.kept = bytes[1] == 1;
  bytes.remove_prefix(2);
  if (!engine::TakeVarint(bytes, entry.sequence) ||
      !engine::TakeVarint(bytes, code) ||
      code > static_cast<uint64_t>(absl::StatusCode::kUnauthenticated)) {
    return absl::DataLossError("not an entry of a session");
  }
  if (code == 0) {
    entry.outcome = std::string(bytes);
  } else {
    entry.verdict =
        absl::Status(static_cast<absl::StatusCode>(code), std::string(bytes));
  }
  return entry;
}

}  // namespace vigil
