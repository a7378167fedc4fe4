#include "engine/recovery.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/thread.h"
#include "engine/record.h"
#include "engine/replayer.h"

namespace vigil::engine {
namespace {

// More do not help: RocksDB's files come from one disk.
constexpr int kLoadersMax = 8;

// Of the entries, between two looks at the limit: some milliseconds.
constexpr uint64_t kLookEvery = 4096;

// What one thread found while it loaded its slices.
struct Loaded {
  absl::Status status;
  uint64_t newest_version = 0;
  std::vector<std::pair<uint8_t, uint64_t>> floors;  // of databases
};

// Fills the shards that slices [begin, end) belong to.
Loaded LoadSlices(Storage& storage, Keyspaces& keyspaces, int begin, int end,
                  WorkBoard::Item& work, const Limit& limit) {
  Loaded loaded;
  uint64_t entries = 0;
  loaded.status = storage.LoadState(begin, end, [&](const RecordView& entry) {
    if (entry.type != RecordType::kSet) {
      return absl::DataLossError("the state holds something else than entries");
    }
    const uint64_t hash = HashKey(entry.database, entry.key, keyspaces.seed());
    if (SliceOf(hash) < begin || SliceOf(hash) >= end) {
      return absl::DataLossError(
          "the state holds an entry in a slice that is not its own");
    }
    loaded.newest_version = std::max(loaded.newest_version, entry.index);
    keyspaces[ShardOf(hash, keyspaces.size())].Load(hash, entry);
    work.Add(1, entry.key.size() + entry.value.size());
    if (++entries % kLookEvery == 0) {
      if (absl::Status s = limit.Check(); !s.ok()) return s;
    }
    if (entry.database == kOwnDatabase) {
      if (const auto flushed = FlushedBy(entry.key))
        loaded.floors.emplace_back(*flushed, entry.index);
    }
    return absl::OkStatus();
  });
  return loaded;
}

// Says what an operator can do, where the storage has not said it already.
absl::Status WithWayForward(const absl::Status& s) {
  if (!absl::IsDataLoss(s) || absl::StrContains(s.message(), "backup"))
    return s;
  return absl::DataLossError(
      absl::StrCat(s.message(),
                   ". Nothing was changed. Restore a backup, or move the "
                   "directory away and let the node join its group anew"));
}

// How many threads load: a power of two, so that they share the slices evenly. Each has
// whole shards to itself.
int LoadersFor(const Keyspaces& keyspaces) {
  const int most = static_cast<int>(
      std::min<size_t>({keyspaces.size(), kLoadersMax, Thread::Cores()}));
  int loaders = 1;
  while (loaders * 2 <= most) loaders *= 2;
  return loaders;
}

// One recovery under way.
class Loader {
 public:
  Loader(Storage& storage, Keyspaces keyspaces, size_t log_memory_bytes)
      : storage_(storage),
        checkpoint_(storage.checkpoint()),
        log_memory_bytes_(log_memory_bytes),
        keyspaces_(std::move(keyspaces)) {}

  absl::Status LoadState(WorkBoard& works, const Limit& limit) {
    const StorageSize size = storage_.size();
    WorkBoard::Item work(works, "load", size.state_keys, size.state_bytes);
    const int loaders = LoadersFor(keyspaces_);
    std::vector<Loaded> parts(static_cast<size_t>(loaders));
    {
      std::vector<Thread> threads;
      const int slices = kStateSlices / loaders;
      for (int i = 0; i < loaders; ++i) {
        threads.emplace_back("vigil-load", [&, slices, i] {
          parts[static_cast<size_t>(i)] = LoadSlices(
              storage_, keyspaces_, i * slices, (i + 1) * slices, work, limit);
        });
      }
      for (Thread& thread : threads) thread.Join();
    }
    for (const Loaded& part : parts) {
      if (!part.status.ok()) return part.status;
      newest_version_ = std::max(newest_version_, part.newest_version);
      for (const auto& [database, floor] : part.floors)
        keyspaces_.Flush(database, floor);
    }
    return absl::OkStatus();
  }

  absl::Status LoadLog(WorkBoard& works, const Limit& limit) {
    WorkBoard::Item work(works, "replay", 0, storage_.size().log_bytes);
    Replayer replayer(keyspaces_, static_cast<size_t>(LoadersFor(keyspaces_)));
    absl::Status read = storage_.LoadLog([&](const LogSlice& slice) {
      work.Add(slice.last - slice.first + 1, slice.records.size());
      const absl::Status within = limit.Check();
      return within.ok() ? AddLog(slice, replayer) : within;
    });
    replayer.Finish();
    return read;
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
  absl::Status AddLog(const LogSlice& slice, Replayer& replayer) {
    if (!ring_.has_value()) {
      if (slice.first > checkpoint_ + 1) {
        return absl::DataLossError(
            absl::StrCat("the state is complete up to ", checkpoint_,
                         ", but the log begins at ", slice.first));
      }
      ring_.emplace(slice.first - 1);
    }
    auto run = std::make_shared<Replayer::Run>();
    run->bytes = slice.records;
    auto decoded = DecodeRun(run->bytes, ring_->last_index() + 1);
    if (!decoded.ok()) {
      return absl::DataLossError(absl::StrCat("the log after ",
                                              ring_->last_index(), ": ",
                                              decoded.status().message()));
    }
    for (const EncodedRecord& each : *decoded) ring_->AppendEncoded(each.bytes);
    run->records = *std::move(decoded);
    replayer.Add(std::move(run));
    if (ring_->last_index() != slice.last) {
      return absl::DataLossError(
          absl::StrCat("the log ends at ", ring_->last_index(),
                       " where it should at ", slice.last));
    }
    ring_->Trim(ring_->last_index(), log_memory_bytes_).clear();
    return absl::OkStatus();
  }

  Storage& storage_;
  const uint64_t checkpoint_;
  const size_t log_memory_bytes_;
  Keyspaces keyspaces_;
  std::optional<LogRing> ring_;
  uint64_t newest_version_ = 0;
};

}  // namespace

absl::StatusOr<Recovered> Recover(Storage& storage, Keyspaces keyspaces,
                                  size_t log_memory_bytes, WorkBoard& works,
                                  const Limit& limit) {
  Loader loader(storage, std::move(keyspaces), log_memory_bytes);
  absl::Status loaded = loader.LoadState(works, limit);
  if (loaded.ok()) loaded = loader.LoadLog(works, limit);
  if (!loaded.ok()) return WithWayForward(loaded);
  // After a killed process the log may be in the system's cache only, and nobody
  // knows: all that is held from now on is to count as durable.
  if (absl::Status synced = storage.SyncLog(); !synced.ok()) return synced;
  absl::StatusOr<Recovered> recovered = loader.Finish();
  if (!recovered.ok()) return WithWayForward(recovered.status());
  return recovered;
}

}  // namespace vigil::engine
