#include "engine/recovery.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/data_set.h"
#include "engine/record.h"

namespace vigil::engine {
namespace {

// One recovery under way.
class Loader {
 public:
  Loader(size_t shards, uint64_t checkpoint, size_t log_memory_bytes)
      : checkpoint_(checkpoint),
        log_memory_bytes_(log_memory_bytes),
        keyspaces_(shards, Keyspace(/*track_changes=*/true)) {}

  absl::Status AddEntry(const RecordView& record) {
    if (record.type != RecordType::kSet) {
      return absl::DataLossError("the state holds something else than entries");
    }
    newest_version_ = std::max(newest_version_, record.index);
    KeyspaceOf(record.key).Load(record);
    return absl::OkStatus();
  }

  absl::Status AddLog(const LogSlice& slice) {
    if (!ring_.has_value()) {
      if (slice.first > checkpoint_ + 1) {
        return absl::DataLossError(
            absl::StrCat("the state is complete up to ", checkpoint_,
                         ", but the log begins at ", slice.first));
      }
      ring_.emplace(slice.first - 1);
    }
    const auto decoded = DecodeRun(slice.records, ring_->last_index() + 1);
    if (!decoded.ok()) {
      return absl::DataLossError(absl::StrCat("the log after ",
                                              ring_->last_index(), ": ",
                                              decoded.status().message()));
    }
    for (const auto& [record, bytes] : *decoded) {
      KeyspaceOf(record.key).Apply(record);
      ring_->AppendEncoded(bytes);
    }
    if (ring_->last_index() != slice.last) {
      return absl::DataLossError(
          absl::StrCat("the log ends at ", ring_->last_index(),
                       " where it should at ", slice.last));
    }
    ring_->Trim(ring_->last_index(), log_memory_bytes_).clear();
    return absl::OkStatus();
  }

  absl::StatusOr<Recovered> Finish() {
    if (!ring_.has_value()) ring_.emplace(checkpoint_);
    // The storage promises that the log is never behind the state.
    const uint64_t known = std::max(newest_version_, checkpoint_);
    if (known > ring_->last_index()) {
      return absl::DataLossError(absl::StrCat("the state knows of record ",
                                              known, ", but the log ends at ",
                                              ring_->last_index()));
    }
    return Recovered{std::move(keyspaces_), *std::move(ring_)};
  }

 private:
  Keyspace& KeyspaceOf(std::string_view key) {
    return keyspaces_[DataSet::ShardOf(key, keyspaces_.size())];
  }

  const uint64_t checkpoint_;
  const size_t log_memory_bytes_;
  std::vector<Keyspace> keyspaces_;
  std::optional<LogRing> ring_;
  uint64_t newest_version_ = 0;
};

}  // namespace

absl::StatusOr<Recovered> Recover(Storage& storage, size_t shards,
                                  size_t log_memory_bytes) {
  Loader loader(shards, storage.checkpoint(), log_memory_bytes);
  absl::Status loaded = storage.Load(
      [&](const RecordView& record) { return loader.AddEntry(record); },
      [&](const LogSlice& slice) { return loader.AddLog(slice); });
  if (!loaded.ok()) return loaded;
  // After a killed process the log may be in the system's cache only, and nobody
  // knows: all that is held from now on is to count as durable.
  if (absl::Status synced = storage.SyncLog(); !synced.ok()) return synced;
  return loader.Finish();
}

}  // namespace vigil::engine
