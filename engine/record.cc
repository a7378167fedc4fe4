#include "engine/record.h"

#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/varint.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace vigil::engine {
namespace {

constexpr size_t kHeadBytes = 8;     // size and checksum
constexpr size_t kBodyBytesMin = 4;  // type, flags, index, key size
constexpr uint8_t kFlagExpires = 1;
constexpr uint8_t kFlagDatabase = 2;
constexpr uint8_t kFlagCauseShift = 2;
constexpr uint8_t kFlagCauseMask = 3 << kFlagCauseShift;
constexpr uint8_t kFlagsKnown = kFlagExpires | kFlagDatabase | kFlagCauseMask;
// What stands before the key in a record or an effect, but for size and checksum.
constexpr size_t kFieldBytesMax = 2 + 4 * kVarintBytesMax + 1;

// Byte by byte, so that the format is the same on every machine; compilers turn
// it into one instruction where they can.
void StoreU32(uint32_t value, char* out) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<char>(value >> (8 * i));
}

uint32_t LoadU32(const char* in) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    value |= static_cast<uint32_t>(static_cast<uint8_t>(in[i])) << (8 * i);
  }
  return value;
}

uint32_t Checksum(std::string_view body) {
  return static_cast<uint32_t>(XXH3_64bits(body.data(), body.size()));
}

bool IsRecordType(uint8_t type) {
  switch (static_cast<RecordType>(type)) {
    case RecordType::kSet:
    case RecordType::kDelete:
    case RecordType::kBatch:
    case RecordType::kEpoch:
    case RecordType::kConfiguration:
      return true;
  }
  return false;
}

uint8_t FlagsOf(const RecordView& record) {
  uint8_t flags = static_cast<uint8_t>(record.cause) << kFlagCauseShift;
  if (record.expires_at != WallTime{}) flags |= kFlagExpires;
  if (record.database != 0) flags |= kFlagDatabase;
  return flags;
}

// The optional fields that `flags` announces.
char* StoreOptional(const RecordView& record, char* end) {
  if (record.expires_at != WallTime{})
    end = StoreVarint(static_cast<uint64_t>(record.expires_at.ms), end);
  if (record.database != 0) *end++ = static_cast<char>(record.database);
  return end;
}

bool TakeOptional(uint8_t flags, std::string_view& in, RecordView& record) {
  uint64_t expires_ms = 0;
  if ((flags & kFlagExpires) != 0 && !TakeVarint(in, expires_ms)) return false;
  record.expires_at = {static_cast<int64_t>(expires_ms)};
  record.database = 0;  // the effect before this one may have had another
  if ((flags & kFlagDatabase) != 0) {
    if (in.empty()) return false;
    record.database = static_cast<uint8_t>(in[0]);
    in.remove_prefix(1);
  }
  record.cause =
      static_cast<Cause>((flags & kFlagCauseMask) >> kFlagCauseShift);
  return record.cause <= Cause::kEvicted;
}

// Takes one effect off the value of a batch; false when it is none.
bool TakeEffect(std::string_view& in, RecordView& effect) {
  if (in.size() < 2) return false;
  const auto type = static_cast<uint8_t>(in[0]);
  const auto flags = static_cast<uint8_t>(in[1]);
  effect.type = static_cast<RecordType>(type);
  if (effect.type != RecordType::kSet && effect.type != RecordType::kDelete)
    return false;
  if ((flags & ~kFlagsKnown) != 0) return false;
  in.remove_prefix(2);
  uint64_t key_bytes = 0;
  uint64_t value_bytes = 0;
  if (!TakeOptional(flags, in, effect) || !TakeVarint(in, key_bytes) ||
      !TakeVarint(in, value_bytes) || key_bytes > in.size() ||
      value_bytes > in.size() - key_bytes) {
    return false;
  }
  effect.key = in.substr(0, key_bytes);
  effect.value = in.substr(key_bytes, value_bytes);
  in.remove_prefix(key_bytes + value_bytes);
  return true;
}

bool IsRunOfEffects(std::string_view bytes) {
  RecordView effect;
  while (!bytes.empty()) {
    if (!TakeEffect(bytes, effect)) return false;
  }
  return true;
}

// REQUIRES: the checksum of `body` was right, so an error here means a writer of
// another format, not a damaged disk; the caller must stop all the same.
absl::StatusOr<RecordView> DecodeBody(std::string_view body) {
  const auto type = static_cast<uint8_t>(body[0]);
  const auto flags = static_cast<uint8_t>(body[1]);
  if (!IsRecordType(type)) {
    return absl::DataLossError(absl::StrCat("unknown record type ", type));
  }
  if ((flags & ~kFlagsKnown) != 0) {
    return absl::DataLossError(absl::StrCat("unknown record flags ", flags));
  }
  body.remove_prefix(2);
  RecordView record;
  record.type = static_cast<RecordType>(type);
  uint64_t key_bytes = 0;
  if (!TakeVarint(body, record.index) || record.index == 0 ||
      !TakeOptional(flags, body, record) || !TakeVarint(body, key_bytes) ||
      key_bytes > body.size()) {
    return absl::DataLossError("record with a malformed body");
  }
  record.key = body.substr(0, key_bytes);
  record.value = body.substr(key_bytes);
  if (record.type == RecordType::kBatch && !IsRunOfEffects(record.value)) {
    return absl::DataLossError("batch with a malformed effect");
  }
  return record;
}

}  // namespace

size_t EncodedSizeMax(size_t key_bytes, size_t value_bytes) {
  return kHeadBytes + kFieldBytesMax + key_bytes + value_bytes;
}

size_t EncodeRecord(const RecordView& record, std::string& out) {
  char head[kHeadBytes + kFieldBytesMax];
  char* end = head + kHeadBytes;
  *end++ = static_cast<char>(record.type);
  *end++ = static_cast<char>(FlagsOf(record));
  end = StoreVarint(record.index, end);
  end = StoreOptional(record, end);
  end = StoreVarint(record.key.size(), end);

  const size_t start = out.size();
  out.append(head, static_cast<size_t>(end - head));
  out.append(record.key);
  out.append(record.value);
  const std::string_view body =
      std::string_view(out).substr(start + kHeadBytes);
  const auto size = static_cast<uint32_t>(body.size());
  const uint32_t checksum = Checksum(body);
  StoreU32(size, out.data() + start);
  StoreU32(checksum, out.data() + start + 4);
  return out.size() - start;
}

void AppendEffect(const RecordView& effect, std::string& batch) {
  char head[kFieldBytesMax];
  char* end = head;
  *end++ = static_cast<char>(effect.type);
  *end++ = static_cast<char>(FlagsOf(effect));
  end = StoreOptional(effect, end);
  end = StoreVarint(effect.key.size(), end);
  end = StoreVarint(effect.value.size(), end);
  batch.append(head, static_cast<size_t>(end - head));
  batch.append(effect.key);
  batch.append(effect.value);
}

void ForEachEffect(const RecordView& record,
                   absl::FunctionRef<void(const RecordView&)> visit) {
  if (record.type != RecordType::kBatch) return visit(record);
  RecordView effect;
  effect.index = record.index;
  std::string_view rest = record.value;
  while (!rest.empty() && TakeEffect(rest, effect)) visit(effect);
}

absl::StatusOr<RecordView> DecodeRecord(std::string_view& bytes) {
  if (bytes.size() < kHeadBytes) {
    return absl::OutOfRangeError("the bytes end within a record's head");
  }
  const size_t size = LoadU32(bytes.data());
  if (size < kBodyBytesMin || size > kRecordBytesMax) {
    return absl::DataLossError(absl::StrCat("record with a size of ", size));
  }
  if (size > bytes.size() - kHeadBytes) {
    return absl::OutOfRangeError("the bytes end within a record's body");
  }
  const std::string_view body = bytes.substr(kHeadBytes, size);
  if (Checksum(body) != LoadU32(bytes.data() + 4)) {
    return absl::DataLossError("record with a wrong checksum");
  }
  absl::StatusOr<RecordView> record = DecodeBody(body);
  if (record.ok()) bytes.remove_prefix(kHeadBytes + size);
  return record;
}

absl::StatusOr<std::vector<EncodedRecord>> DecodeRecords(
    std::string_view bytes) {
  std::vector<EncodedRecord> records;
  while (!bytes.empty()) {
    const std::string_view before = bytes;
    absl::StatusOr<RecordView> record = DecodeRecord(bytes);
    if (!record.ok()) {
      return absl::DataLossError(absl::StrCat(record.status().message(),
                                              ", after ", records.size(),
                                              " whole ones"));
    }
    records.push_back(
        {*record, before.substr(0, before.size() - bytes.size())});
  }
  return records;
}

absl::StatusOr<std::vector<EncodedRecord>> DecodeRun(std::string_view bytes,
                                                     uint64_t first) {
  absl::StatusOr<std::vector<EncodedRecord>> records = DecodeRecords(bytes);
  if (!records.ok()) return records;
  uint64_t expected = first;
  for (const EncodedRecord& each : *records) {
    if (each.record.index != expected) {
      return absl::OutOfRangeError(absl::StrCat(
          "record ", each.record.index, " where ", expected, " must follow"));
    }
    ++expected;
  }
  return records;
}

void ForEachOfType(std::string_view bytes, RecordType type,
                   absl::FunctionRef<void(const RecordView&)> visit) {
  while (bytes.size() > kHeadBytes) {
    const size_t size = LoadU32(bytes.data());
    if (size < kBodyBytesMin || size > bytes.size() - kHeadBytes) return;
    std::string_view one = bytes.substr(0, kHeadBytes + size);
    bytes.remove_prefix(one.size());
    if (static_cast<uint8_t>(one[kHeadBytes]) != static_cast<uint8_t>(type))
      continue;
    const absl::StatusOr<RecordView> record = DecodeRecord(one);
    if (!record.ok()) return;
    visit(*record);
  }
}

absl::StatusOr<std::string_view> PrefixUpTo(std::string_view records,
                                            uint64_t last) {
  std::string_view rest = records;
  while (!rest.empty()) {
    std::string_view after = rest;
    const absl::StatusOr<RecordView> record = DecodeRecord(after);
    if (absl::IsOutOfRange(record.status()))
      return absl::DataLossError(record.status().message());
    if (!record.ok()) return record.status();
    if (record->index > last) break;
    rest = after;
  }
  return records.substr(0, records.size() - rest.size());
}

}  // namespace vigil::engine
