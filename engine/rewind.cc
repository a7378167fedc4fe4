#include "engine/rewind.h"

#include "absl/strings/str_cat.h"
#include "engine/databases.h"

namespace vigil::engine {
namespace {

// What a key takes beside its bytes, about.
constexpr size_t kKeyOverhead = 64;
// Records that arrive one by one share a blob, as those of a flush do.
constexpr size_t kBlobBytes = 256 << 10;

}  // namespace

absl::Status Rewind::Take(size_t bytes) {
  if (bytes > bytes_max_ - bytes_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a rewind may take ", bytes_max_, " bytes, and has ",
                     bytes_, " already"));
  }
  bytes_ += bytes;
  return absl::OkStatus();
}

absl::Status Rewind::AddTail(std::string_view records) {
  const auto decoded = DecodeRecords(records);
  if (!decoded.ok()) return decoded.status();
  absl::Status status;
  for (const auto& [record, bytes] : *decoded) {
    ForEachEffect(record, [&](const RecordView& effect) {
      if (!status.ok() || effect.key.empty()) return;  // markers have none
      if (effect.database == kOwnDatabase && ConcernsDatabases(effect.key)) {
        status = absl::UnimplementedError(
            absl::StrCat("record ", effect.index,
                         " empties or swaps databases: that is not rewound"));
        return;
      }
      const auto [it, fresh] =
          entries_.try_emplace(Key(effect.database, std::string(effect.key)));
      if (fresh) status = Take(effect.key.size() + kKeyOverhead);
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

std::vector<std::string> Rewind::Keys(size_t bytes_max) const {
  std::vector<std::string> pieces(1);
  for (const auto& [key, entry] : entries_) {
    if (pieces.back().size() >= bytes_max) pieces.emplace_back();
    EncodeRecord({.type = RecordType::kDelete,
                  .index = common_ + 1,
                  .key = key.second,
                  .database = key.first},
                 pieces.back());
  }
  return pieces;
}

absl::StatusOr<size_t> Rewind::AddEntries(std::string_view records) {
  const auto decoded = DecodeRecords(records);
  if (!decoded.ok()) return decoded.status();
  for (const auto& [record, bytes] : *decoded) {
    if (record.type != RecordType::kSet ||
        !entries_.contains(Key(record.database, std::string(record.key)))) {
      return absl::DataLossError("an entry that nobody asked for");
    }
  }
  if (absl::Status s = Take(records.size()); !s.ok()) return s;
  for (const auto& [record, bytes] : *decoded)
    entries_[Key(record.database, std::string(record.key))] = bytes;
  return decoded->size();
}

absl::Status Rewind::AddLog(std::string_view records) {
  const auto decoded = DecodeRun(records, last_ + 1);
  if (!decoded.ok()) return decoded.status();
  if (decoded->empty()) return absl::OkStatus();
  if (absl::Status s = Take(records.size()); !s.ok()) return s;
  if (log_.empty() || log_.back().records.size() >= kBlobBytes)
    log_.push_back({.first = last_ + 1, .last = 0, .records = {}});
  last_ = decoded->back().record.index;
  log_.back().last = last_;
  log_.back().records.append(records);
  return absl::OkStatus();
}

void Rewind::ForEachKey(
    absl::FunctionRef<void(uint8_t, std::string_view, std::string_view)> visit)
    const {
  for (const auto& [key, entry] : entries_) visit(key.first, key.second, entry);
}

}  // namespace vigil::engine
