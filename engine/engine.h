// Engine: the data set of one node: keys in memory, the log, and the disk behind.
//
//   Set/Delete ─▶ shard (locked) ─▶ log: next index, encode ─▶ apply
//                                    │
//                         flusher ─▶ storage: persisted, then durable
//
// Watermarks, each an index, never falling while the data set stays the same:
//   last       in memory, visible to reads
//   persisted  handed to the operating system: survives a killed process
//   durable    synced: survives the machine
// Without a storage all three are the same.
//
// The engine knows indexes and no epochs: replication decides who may write and
// opens or closes the write gate. A freshly opened engine is closed.
//
// Time: expiry by the wall clock, waits by the monotonic clock.
// Thread-safety: reads and writes from any thread. The replica's side (Apply,
// staging) and the gate have one caller at a time: the replicator's thread.
// Lifetime: outlives whoever holds a pointer; the destructor syncs and stops.
// Errors: once the storage has failed, writes return kInternal with the cause,
// persisted and durable stand still for ever, reads go on. healthy() tells.
#ifndef VIGIL_ENGINE_ENGINE_H_
#define VIGIL_ENGINE_ENGINE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/logger.h"
#include "engine/base/signal.h"
#include "engine/entry.h"
#include "engine/options.h"
#include "engine/record.h"
#include "engine/storage.h"

namespace vigil::engine {

struct EngineStatus {
  uint64_t keys = 0;
  uint64_t last_index = 0;
  uint64_t persisted_index = 0;
  uint64_t durable_index = 0;
  uint64_t checkpoint_index = 0;
  uint64_t log_first_index = 0;  // oldest record still in memory
  size_t log_memory_bytes = 0;
  uint64_t expired_keys =
      0;  // deleted by this node because their time was over
  absl::Status health;
};

// A walk over the present entries while writers go on. Every key that is present
// during the whole walk is returned; entries carry versions, so the result plus
// the log after begin_index() is exact.
// Thread-safety: one caller. Lifetime: must not outlive the engine.
class StateWalk {
 public:
  virtual ~StateWalk() = default;
  virtual uint64_t begin_index() const = 0;
  // Encoded kSet records of about `bytes_max`, at least one; empty at the end.
  virtual std::string Next(size_t bytes_max) = 0;
};

class Engine {
 public:
  // Loads what `storage` holds and replays its log. `storage` may be null: then
  // the data set lives in memory only. `clock` outlives the engine.
  // kDataLoss when the storage is damaged; nothing is changed on disk then.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(
      const EngineOptions& options, std::unique_ptr<Storage> storage,
      const Clock& clock, Logger logger);
  ~Engine();

  // --- Reads. Never wait for disk or network. An expired key is not found.
  std::optional<Entry> Get(std::string_view key) const;
  bool Exists(std::string_view key) const;
  // Every live entry, shard by shard, each shard copied under its lock. Not one
  // moment's cut while there are writes.
  void ForEach(
      absl::FunctionRef<void(std::string_view key, const Entry&)> visit) const;
  EngineStatus status() const;

  // --- Writes. Return the record's index once it is in the log and visible.
  // kFailedPrecondition  the gate is closed: this node is not the master
  // kInvalidArgument     key or value over the limit, or key empty
  // kResourceExhausted   the disk fell behind and `deadline` passed while waiting
  //                      for room in the log; nothing was written
  // kInternal            the storage failed
  absl::StatusOr<uint64_t> Set(std::string_view key, std::string_view value,
                               WallTime expires_at, MonoTime deadline);
  struct Deleted {
    uint64_t index = 0;  // of the delete record; 0: there was no such key
  };
  absl::StatusOr<Deleted> Delete(std::string_view key, MonoTime deadline);

  // --- The write gate.
  // Writers are let in, but first `markers` are appended, in order, as the next
  // records. Returns the index of the last of them.
  struct Marker {
    RecordType type;
    std::string value;
  };
  uint64_t OpenGate(const std::vector<Marker>& markers);
  // No record of a writer is appended after the return. Returns the last index.
  uint64_t CloseGate();

  // --- The replica's side.
  // Appends and applies whole records that follow each other, the first being
  // last_index() + 1. When it returns OK they are persisted, too.
  // kDataLoss: not records; kOutOfRange: a gap. Nothing was applied in both cases.
  absl::Status Apply(std::string_view records);

  // A full sync builds a second data set; reads see the old one until the commit.
  absl::Status BeginStaging(uint64_t begin_index);
  absl::Status StageEntries(std::string_view records);
  absl::Status StageLog(std::string_view records);
  // Swaps the data sets, in memory and (with `meta`, in one atomic write) on disk.
  // On error the old one stays. REQUIRES: the gate is closed; no StateWalk exists,
  // and what ReadLog() returned before is not followed up (another log begins).
  absl::Status CommitStaging(const MetaMap& meta);
  void DropStaging();

  // --- The log.
  uint64_t last_index() const;
  uint64_t persisted_index() const;
  uint64_t durable_index() const;
  // Asks the flusher to sync up to `index` as soon as it can.
  void RequestSync(uint64_t index);
  // Up to about `bytes_max` of records from `from` on, from memory or else from
  // disk. Empty slice: `from` is not written yet. kOutOfRange: no longer held.
  absl::StatusOr<LogSlice> ReadLog(uint64_t from, size_t bytes_max) const;
  std::unique_ptr<StateWalk> Walk() const;

  // Moved whenever a watermark moves or health changes.
  Signal& appended() const;   // last_index
  Signal& persisted() const;  // persisted_index, durable_index, health

  // --- Named values, always synced; kept in memory without a storage.
  absl::Status WriteMeta(std::string_view name, std::string_view value);
  std::string ReadMeta(std::string_view name) const;  // empty: never written

  absl::Status health() const;
  bool memory_only() const;

  // --- What the threads do by themselves, done now by the caller's thread.
  absl::Status Sync();        // everything in the log is durable on return
  absl::Status Checkpoint();  // the state is complete up to the present log
  size_t DeleteExpired();     // on the master; returns how many keys went

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ENGINE_H_
