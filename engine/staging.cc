#include "engine/staging.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "engine/data_set.h"
#include "engine/record.h"

namespace vigil::engine {

Staging::Staging(Storage* storage, size_t shards, uint64_t begin_index,
                 size_t log_memory_bytes)
    : storage_(storage),
      log_memory_bytes_(log_memory_bytes),
      keyspaces_(shards, Keyspace(/*track_changes=*/storage != nullptr)),
      ring_(begin_index) {}

Keyspace& Staging::KeyspaceOf(std::string_view key) {
  return keyspaces_[DataSet::ShardOf(key, keyspaces_.size())];
}

absl::Status Staging::AddEntries(std::string_view records) {
  const auto decoded = DecodeRecords(records);
  if (!decoded.ok()) return decoded.status();
  std::vector<StateChange> changes;
  for (const auto& [record, bytes] : *decoded) {
    if (record.type != RecordType::kSet) {
      return absl::DataLossError("a snapshot with something else than entries");
    }
    if (storage_ != nullptr) {
      changes.push_back({std::string(record.key), std::string(bytes)});
    }
  }
  if (storage_ != nullptr) {
    if (absl::Status s = storage_->StageState(changes); !s.ok()) return s;
  }
  for (const auto& [record, bytes] : *decoded) {
    const auto gone =
        deleted_.find(absl::string_view(record.key.data(), record.key.size()));
    if (gone != deleted_.end() && gone->second > record.index) {
      // The state on disk has it now: the next checkpoint takes it out again.
      if (storage_ != nullptr) KeyspaceOf(record.key).MarkChanged(record.key);
      continue;
    }
    KeyspaceOf(record.key).Load(record);
  }
  return absl::OkStatus();
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
    KeyspaceOf(record.key).Apply(record);
    if (record.type == RecordType::kDelete) {
      deleted_[std::string(record.key)] = record.index;
    }
    ring_.AppendEncoded(bytes);
  }
  ring_.Trim(ring_.last_index(), log_memory_bytes_).clear();
  return absl::OkStatus();
}

}  // namespace vigil::engine
