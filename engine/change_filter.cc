#include "engine/change_filter.h"

#include "engine/databases.h"
#include "engine/record.h"

namespace vigil::engine {
namespace {

ChangeKind KindOfDelete(Cause cause) {
  switch (cause) {
    case Cause::kCommand:
      return ChangeKind::kDeleted;
    case Cause::kExpired:
      return ChangeKind::kExpired;
    case Cause::kEvicted:
      return ChangeKind::kEvicted;
  }
  return ChangeKind::kDeleted;
}

// nullopt when the record flushes nothing.
std::optional<ChangeView> FlushOf(const RecordView& effect) {
  if (effect.type != RecordType::kSet) return std::nullopt;
  const std::optional<uint8_t> database = FlushedBy(effect.key);
  if (!database || *database == kOwnDatabase) return std::nullopt;
  return ChangeView{.index = effect.index,
                    .kind = ChangeKind::kFlushed,
                    .database = *database};
}

// nullopt when the effect changes no key of the application.
std::optional<ChangeView> ChangeOf(const RecordView& effect) {
  if (effect.database == kOwnDatabase) return FlushOf(effect);
  ChangeView change{
      .index = effect.index, .database = effect.database, .key = effect.key};
  switch (effect.type) {
    case RecordType::kSet:
      change.value = effect.value;
      change.expires_at = effect.expires_at;
      return change;
    case RecordType::kDelete:
      change.kind = KindOfDelete(effect.cause);
      return change;
    case RecordType::kBatch:  // ForEachEffect has opened it
    case RecordType::kEpoch:
    case RecordType::kConfiguration:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

bool ChangeFilter::Passes(const ChangeView& change) const {
  if ((kinds & static_cast<uint32_t>(change.kind)) == 0) return false;
  if (database.has_value() && *database != change.database) return false;
  return change.kind == ChangeKind::kFlushed ||
         change.key.starts_with(key_prefix);
}

absl::StatusOr<std::vector<ChangeView>> FilterChanges(
    const LogSlice& slice, uint64_t upto, const ChangeFilter& filter,
    DatabaseNumbers& numbers) {
  std::vector<ChangeView> changes;
  std::string_view rest = slice.records;
  while (!rest.empty()) {
    const absl::StatusOr<RecordView> record = DecodeRecord(rest);
    if (!record.ok()) return absl::DataLossError(record.status().message());
    if (record->index > upto) break;
    ForEachEffect(*record, [&](const RecordView& effect) {
      if (effect.database == kOwnDatabase && effect.key == kMapKey)
        return numbers.Set(effect.value);
      std::optional<ChangeView> change = ChangeOf(effect);
      if (!change) return;
      change->database = numbers.Logical(change->database);
      if (filter.Passes(*change)) changes.push_back(*change);
    });
  }
  return changes;
}

}  // namespace vigil::engine
