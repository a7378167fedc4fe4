#include "engine/staging.h"

#include <vector>

#include "engine/record.h"

namespace vigil::engine {

Staging::Staging(Storage* storage, Keyspaces keyspaces, uint64_t begin_index,
                 size_t log_memory_bytes)
    : storage_(storage),
      log_memory_bytes_(log_memory_bytes),
      keyspaces_(std::move(keyspaces)),
      ring_(begin_index) {}

absl::StatusOr<size_t> Staging::AddEntries(std::string_view records) {
  const auto decoded = DecodeRecords(records);
  if (!decoded.ok()) return decoded.status();
  std::vector<StateChange> changes;
  for (const auto& [record, bytes] : *decoded) {
    if (record.type != RecordType::kSet) {
      return absl::DataLossError("a snapshot with something else than entries");
    }
    if (storage_ == nullptr) continue;
    const uint64_t hash =
        HashKey(record.database, record.key, keyspaces_.seed());
    changes.push_back({.slice = static_cast<uint8_t>(SliceOf(hash)),
                       .database = record.database,
                       .key = std::string(record.key),
                       .record = std::string(bytes)});
  }
  if (storage_ != nullptr) {
    if (absl::Status s = storage_->StageState(changes); !s.ok()) return s;
  }
  for (const auto& [record, bytes] : *decoded) AddEntry(record);
  return decoded->size();
}

void Staging::AddEntry(const RecordView& entry) {
  const auto gone = deleted_.find(Key(entry.database, std::string(entry.key)));
  if (gone != deleted_.end() && gone->second > entry.index) {
    // The state on disk has it now: the next checkpoint takes it out again.
    if (storage_ == nullptr) return;
    const uint64_t hash = HashKey(entry.database, entry.key, keyspaces_.seed());
    keyspaces_[ShardOf(hash, keyspaces_.size())].AddGone(entry.database,
                                                         entry.key);
    return;
  }
  keyspaces_.Load(entry);
  if (entry.database != kOwnDatabase) return;
  if (const auto flushed = FlushedBy(entry.key))
    keyspaces_.Flush(*flushed, entry.index);
}

absl::Status Staging::AddLog(std::string_view records) {
  const uint64_t first = ring_.last_index() + 1;
  const auto decoded = DecodeRun(records, first);
  if (!decoded.ok()) return decoded.status();
  if (decoded->empty()) return absl::OkStatus();
  if (storage_ != nullptr) {
    absl::Status s =
        storage_->StageLog(first, decoded->back().record.index, records);
    if (!s.ok()) return s;
  }
  for (const auto& [record, bytes] : *decoded) {
    keyspaces_.Apply(record);
    ForEachEffect(record, [this](const RecordView& effect) {
      if (effect.type == RecordType::kDelete)
        deleted_[Key(effect.database, std::string(effect.key))] = effect.index;
    });
    ring_.AppendEncoded(bytes);
  }
  ring_.Trim(ring_.last_index(), log_memory_bytes_).clear();
  return absl::OkStatus();
}

}  // namespace vigil::engine
