// MemoryStorage: a Storage on a disk that lives in memory and can fail on demand.
//
// For tests and simulations: a MemoryDisk outlives the engines that use it, knows
// what was written and what was synced, and can lose the difference. Like a
// write-ahead log it loses an end of the writes, never one from the middle.
//
// Thread-safety: MemoryDisk is thread-safe; MemoryStorage as any Storage.
#ifndef VIGIL_ENGINE_MEMORY_STORAGE_H_
#define VIGIL_ENGINE_MEMORY_STORAGE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/storage.h"

namespace vigil::engine {

// What is on the disk.
struct MemoryRow {
  int slice = 0;
  uint8_t database = 0;
  std::string key;

  friend auto operator<=>(const MemoryRow&, const MemoryRow&) = default;
};
struct MemoryGeneration {
  uint64_t checkpoint = 0;
  std::map<uint64_t, LogSlice> log;        // by first index
  std::map<MemoryRow, std::string> state;  // to the encoded record

  // The record of a key, in whatever slice it is; null when there is none.
  const std::string* FindState(uint8_t database, const std::string& key) const;
  uint64_t last_index() const {
    return log.empty() ? checkpoint : log.rbegin()->second.last;
  }
};
struct MemoryImage {
  uint64_t hash_seed = 0;
  MetaMap meta;
  MemoryGeneration present;
  std::optional<MemoryGeneration> staged;
};

class MemoryDisk {
 public:
  using Image = MemoryImage;

  // The seed is not random unless the caller draws one: a simulation repeats.
  explicit MemoryDisk(uint64_t hash_seed = 0x9e3779b97f4a7c15)
      : written_{.hash_seed = hash_seed}, synced_{.hash_seed = hash_seed} {}

  // The process dies: what it wrote stays, storages opened before are dead.
  void Kill();
  // The machine dies: of the writes that were not synced only the first `survive`
  // stay. Storages opened before are dead.
  void PowerCut(size_t survive);
  size_t unsynced_writes() const;

  // From now on every write, or every sync, fails with `error`; OK ends that, for
  // storages that are opened later.
  void FailWrites(absl::Status error);
  void FailSyncs(absl::Status error);

  // While it hangs, writes and syncs wait.
  void Hang(bool hang);

  // A copy of what a process sees on the disk.
  Image Read() const;

 private:
  friend class MemoryStorage;
  using Change = std::function<void(Image&)>;

  // `boot` is that of the storage that asks. kAborted: its process is dead.
  absl::Status Write(uint64_t boot, Change change, bool sync);
  absl::Status Sync(uint64_t boot);
  absl::Status AwaitAnswer(uint64_t boot);
  absl::Status SyncLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Waits while the disk hangs. kAborted: the storage's process is dead.
  absl::Status Enter(uint64_t boot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  uint64_t boot() const;
  // Calls look(image) on what is written.
  template <typename Look>
  auto With(Look look) const {
    MutexLock lock(mu_);
    return look(written_);
  }

  mutable Mutex mu_;
  Image written_ ABSL_GUARDED_BY(mu_);
  Image synced_ ABSL_GUARDED_BY(mu_);
  std::deque<Change> unsynced_ ABSL_GUARDED_BY(mu_);
  uint64_t boot_ ABSL_GUARDED_BY(mu_) = 1;
  bool hangs_ ABSL_GUARDED_BY(mu_) = false;
  CondVar changed_;  // boot_ or hangs_
  absl::Status write_error_ ABSL_GUARDED_BY(mu_);
  absl::Status sync_error_ ABSL_GUARDED_BY(mu_);
};

class MemoryStorage : public Storage {
 public:
  // Drops an unfinished staging, as every storage does when it opens.
  explicit MemoryStorage(std::shared_ptr<MemoryDisk> disk);

  absl::StatusOr<MetaMap> ReadMeta() override;
  absl::Status WriteMeta(std::string_view name,
                         std::string_view value) override;
  uint64_t hash_seed() const override;
  StorageSize size() const override;
  absl::Status LoadState(
      int slice_begin, int slice_end,
      absl::FunctionRef<absl::Status(const RecordView&)> on_entry) override;
  absl::Status LoadLog(
      absl::FunctionRef<absl::Status(const LogSlice&)> on_log) override;
  uint64_t checkpoint() const override;
  absl::Status AppendLog(uint64_t first, uint64_t last,
                         std::string_view records, bool sync) override;
  absl::Status SyncLog() override;
  absl::StatusOr<LogSlice> ReadLog(uint64_t from, size_t bytes_max) override;
  absl::Status WriteState(const std::vector<StateChange>& changes) override;
  absl::Status FinishCheckpoint(uint64_t index,
                                uint64_t log_bytes_kept) override;
  // Waits while the disk hangs, and can do no more.
  absl::Status Backup(const std::string& dir, const MetaMap& labels,
                      const OnProgress& on_progress,
                      const Limit& limit) override;
  absl::Status ReplaceTail(uint64_t common, const std::vector<LogSlice>& log,
                           const std::vector<StateChange>& changes,
                           const MetaMap& meta) override;
  absl::Status BeginStaging(uint64_t begin_index) override;
  absl::Status StageState(const std::vector<StateChange>& changes) override;
  absl::Status StageLog(uint64_t first, uint64_t last,
                        std::string_view records) override;
  absl::Status CommitStaging(const MetaMap& meta) override;
  absl::Status DropStaging() override;

 private:
  absl::Status Write(MemoryDisk::Change change, bool sync = false);

  const std::shared_ptr<MemoryDisk> disk_;
  const uint64_t boot_;
  // After one failure everything fails (Storage's promise).
  std::atomic<bool> failed_{false};
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_MEMORY_STORAGE_H_
