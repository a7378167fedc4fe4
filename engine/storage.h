// Storage: the port to what outlives the process.
//
// A storage holds one *generation* of a data set, and perhaps a second one that a
// full sync is building beside it:
//
//   meta         a few named values (identity, promise, vote): always synced
//   log          blobs of encoded records, first index ascending, no gap
//   state        entries as of some index >= checkpoint ("fuzzy"): loading it and
//                replaying the log after the checkpoint is exact, because entries
//                carry versions
//
// The state is kept in slices, so that it can be loaded by several threads, each of
// which fills a part of the data set that no other touches. The slice of a key is
// the caller's choice, and must be the same for ever: it comes from a hash of the
// key, seeded with hash_seed().
//
// Thread-safety: ReadLog, SyncLog, WriteMeta, LoadState and what is const from any
// thread. One caller at a time for each of: AppendLog; WriteState and
// FinishCheckpoint; the staging methods and ReplaceTail. While CommitStaging or
// ReplaceTail runs, neither of the first two does, nor a load.
// Errors: after any write or sync failed, every later write fails too (a failed
// fsync cannot be retried: the kernel may have dropped the pages).
#ifndef VIGIL_ENGINE_STORAGE_H_
#define VIGIL_ENGINE_STORAGE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/progress.h"
#include "engine/record.h"

namespace vigil {
struct Limit;  // engine/base/limit.h
}

namespace vigil::engine {

// A run of whole records, encoded. Empty when first == 0.
struct LogSlice {
  uint64_t first = 0;
  uint64_t last = 0;
  std::string records;
};

// Slices are numbered from 0 to kStateSlices - 1.
inline constexpr int kStateSlices = 64;

// One key's present entry for the state: `record` is its encoded kSet, which names
// the same database, or empty when the key is gone.
struct StateChange {
  uint8_t slice = 0;
  uint8_t database = 0;
  std::string key;
  std::string record;
};

// How much there is, roughly: for people and progress bars.
struct StorageSize {
  uint64_t state_keys = 0;
  uint64_t state_bytes = 0;
  uint64_t log_bytes = 0;
};

using MetaMap = std::map<std::string, std::string>;

class Storage {
 public:
  virtual ~Storage() = default;

  // Meta is readable from the start, without loading the data.
  virtual absl::StatusOr<MetaMap> ReadMeta() = 0;

  // Sets one value, and makes it and everything written before it durable.
  virtual absl::Status WriteMeta(std::string_view name,
                                 std::string_view value) = 0;

  // A random number, drawn when the storage was created and kept for ever.
  virtual uint64_t hash_seed() const = 0;

  virtual StorageSize size() const = 0;

  // Calls `on_entry` for each record of the state in the slices [slice_begin,
  // slice_end), in any order; its views are good during the call. An error of the
  // callback ends the load and is returned. Damage: kDataLoss, with what and where.
  virtual absl::Status LoadState(
      int slice_begin, int slice_end,
      absl::FunctionRef<absl::Status(const RecordView&)> on_entry) = 0;
  // Calls `on_log` for each blob of the log in order, from the first after the
  // checkpoint or before it (versions make the overlap harmless). Errors as above.
  virtual absl::Status LoadLog(
      absl::FunctionRef<absl::Status(const LogSlice&)> on_log) = 0;

  // The index up to which the state alone is complete.
  virtual uint64_t checkpoint() const = 0;

  // Appends records [first, last] in one atomic write, handed to the operating
  // system on return, and to the disk if `sync`.
  // REQUIRES: first is one above the last appended.
  virtual absl::Status AppendLog(uint64_t first, uint64_t last,
                                 std::string_view records, bool sync) = 0;
  // Makes durable whatever AppendLog had returned for when this was called.
  virtual absl::Status SyncLog() = 0;

  // Up to about `bytes_max` of whole records, starting exactly at `from`, at least
  // one record. kOutOfRange when the log no longer, or not yet, holds `from`.
  virtual absl::StatusOr<LogSlice> ReadLog(uint64_t from, size_t bytes_max) = 0;

  // REQUIRES: the log holds every record that these changes reflect.
  virtual absl::Status WriteState(const std::vector<StateChange>& changes) = 0;
  // From now on the state is complete up to `index`; the log below both `index`
  // and the newest `log_bytes_kept` bytes is dropped.
  virtual absl::Status FinishCheckpoint(uint64_t index,
                                        uint64_t log_bytes_kept) = 0;

  // Copies everything that was written when this is called to a new directory on the
  // same machine, while others go on (rocksdb_backup.h). `labels` say whose data
  // these are. From any thread, one at a time for each `dir`.
  //   kFailedPrecondition  `dir` holds something; or this storage has no files
  //   kDeadlineExceeded, kCancelled  as `limit` says; nothing is left
  virtual absl::Status Backup(const std::string& dir, const MetaMap& labels,
                              const OnProgress& on_progress,
                              const Limit& limit) = 0;

  // Takes the records above `common` back and puts those of `log` in their place, which
  // begin right after it; the checkpoint is `common` at most then. In one atomic,
  // synced write with `changes` of the state and with `meta`.
  // REQUIRES: the log holds the record after `common`; `changes` name every key that
  // the records taken back have touched, each as it is at an index that `log` reaches.
  virtual absl::Status ReplaceTail(uint64_t common,
                                   const std::vector<LogSlice>& log,
                                   const std::vector<StateChange>& changes,
                                   const MetaMap& meta) = 0;

  // A second generation beside the present one, which stays whole until
  // CommitStaging swaps the two in one atomic, synced write. BeginStaging drops
  // an unfinished one. `begin_index` is the index where the walk of the state
  // began: the staged log starts at begin_index + 1, the checkpoint is there.
  virtual absl::Status BeginStaging(uint64_t begin_index) = 0;
  virtual absl::Status StageState(const std::vector<StateChange>& changes) = 0;
  virtual absl::Status StageLog(uint64_t first, uint64_t last,
                                std::string_view records) = 0;
  virtual absl::Status CommitStaging(const MetaMap& meta) = 0;
  virtual absl::Status DropStaging() = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_STORAGE_H_
