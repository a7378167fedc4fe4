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
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/clock.h"
#include "engine/base/limit.h"
#include "engine/base/logger.h"
#include "engine/base/signal.h"
#include "engine/base/wait_meter.h"
#include "engine/big_keys.h"
#include "engine/cell_heap.h"
#include "engine/databases.h"
#include "engine/entry.h"
#include "engine/keyspace.h"
#include "engine/mutation.h"
#include "engine/note.h"
#include "engine/operation_timer.h"
#include "engine/options.h"
#include "engine/record.h"
#include "engine/storage.h"
#include "engine/sync_turns.h"
#include "engine/work_board.h"

namespace vigil::engine {

// What writers wait for, and what they were refused for, since the engine was opened.
struct WritePressure {
  size_t unpersisted_bytes = 0;      // of the log: the backlog of the disk
  size_t unpersisted_bytes_max = 0;  // writers wait from here on
  Waits delays;  // for the disk, or for memory of large values to be freed
  // Refused, nothing being applied: as a wait was too long, or as memory was full.
  uint64_t refused_log_full = 0;
  uint64_t refused_memory = 0;
};

struct EngineStatus {
  uint64_t keys = 0;  // of all databases, expired ones until they are deleted
  std::vector<Keyspace::Database> databases;  // by the application's number
  KeyspaceBytes bytes;
  size_t idle_page_bytes = 0;  // kept for small cells, not in use
  size_t max_memory = 0;
  uint64_t last_index = 0;
  uint64_t persisted_index = 0;
  uint64_t durable_index = 0;
  uint64_t checkpoint_index = 0;
  uint64_t log_first_index = 0;  // oldest record still in memory
  size_t log_memory_bytes = 0;
  StorageSize storage;
  // Deleted by this node because their time was over, or memory was full.
  uint64_t expired_keys = 0;
  uint64_t evicted_keys = 0;
  WritePressure pressure;
  // Large values that have gone: their memory is still to be freed, or is.
  uint64_t unfreed_values = 0;
  uint64_t unfreed_bytes = 0;
  uint64_t freed_values = 0;
  absl::Status health;  // not OK: the storage failed, and why
};

// An entry where it stands, as long as its shard is locked.
struct EntryView {
  std::string_view value;
  uint64_t version = 0;
  WallTime expires_at;  // zero: never
};

// A value that is read where it stands, or, if it is short, a copy of it: that costs
// less than counting readers would.
// Lifetime: its own; the key, and the engine, may go.
class PinnedEntry {
 public:
  PinnedEntry() = default;
  PinnedEntry(CellPin pin, Entry entry)
      : pin_(std::move(pin)), entry_(std::move(entry)) {}

  std::string_view value() const {
    return pin_.get() != nullptr ? pin_.get()->value()
                                 : std::string_view(entry_.value);
  }
  uint64_t version() const { return entry_.version; }
  WallTime expires_at() const { return entry_.expires_at; }

 private:
  CellPin pin_;
  Entry entry_;  // its value is empty if there is a pin
};

// What is known of a key without looking at its value.
struct KeyInfo {
  uint64_t version = 0;
  WallTime expires_at;
  size_t value_bytes = 0;
  size_t memory_bytes = 0;  // of everything that the key takes
};

struct ScanRequest {
  int database = 0;
  uint64_t cursor = 0;  // 0: from the beginning
  // Keys must begin with `prefix`, and match `pattern` (glob.h) unless it is empty.
  std::string_view prefix;
  std::string_view pattern;
  size_t count = 10;  // about so many keys are looked at
};
struct ScanPage {
  std::vector<std::string> keys;
  uint64_t cursor = 0;  // for the next call; 0: the scan is complete
};

// A walk over the present entries while writers go on. Every key that is present
// during the whole walk is returned; entries carry versions, so the result plus
// the log after begin_index() is exact.
// Thread-safety: one caller. Lifetime: must not outlive the engine.
class StateWalk {
 public:
  virtual ~StateWalk() = default;
  virtual uint64_t begin_index() const = 0;
  // Encoded kSet records: up to `bytes_max`, but at least one; empty at the end.
  virtual std::string Next(size_t bytes_max) = 0;
};

class Engine {
 public:
  // Loads what `storage` holds and replays its log. `storage` may be null: then
  // the data set lives in memory only. `clock` outlives the engine.
  // kDataLoss when the storage is damaged; nothing is changed on disk then.
  // `on_progress` is told of long works: the load now, others later. The load ends with
  // the error of `limit` when that is reached.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(
      const EngineOptions& options, std::unique_ptr<Storage> storage,
      const Clock& clock, Logger logger,
      WorkBoard::Listener on_progress = nullptr, const Limit& limit = {});
  ~Engine();

  // --- Reads. Never wait for disk or network. An expired key is not found.
  // `database` is the application's number, below options.databases.
  std::optional<Entry> Get(std::string_view key, int database = 0) const;
  std::optional<PinnedEntry> GetPinned(std::string_view key,
                                       int database = 0) const;
  // As many answers as keys, all of one moment: no batch is seen in half. Their
  // cache misses overlap.
  std::vector<std::optional<Entry>> GetMany(
      absl::Span<const std::string_view> keys, int database = 0) const;
  // Likewise for who wants another form than entries: calls found(i, entry) for each
  // keys[i] that is there, in order, under the locks of all of them: it copies and
  // returns.
  void VisitMany(absl::Span<const std::string_view> keys, int database,
                 absl::FunctionRef<void(size_t, const EntryView&)> found) const;
  // These two do not count as reads for the eviction policy.
  std::optional<KeyInfo> Look(std::string_view key, int database = 0) const;
  bool Exists(std::string_view key, int database = 0) const;
  // Does.
  bool Touch(std::string_view key, int database = 0) const;
  // Some keys and a cursor for more. A key that is there during the whole scan is
  // returned, whatever else comes and goes; one may be returned twice. A cursor is
  // good on the same node only.
  ScanPage Scan(const ScanRequest& request) const;
  std::optional<std::string> RandomKey(int database = 0) const;
  // Expired ones count until they are deleted.
  uint64_t KeyCount(int database = 0) const;
  // Every live entry, a few hundred at a time. Not one moment's cut while there are
  // writes.
  void ForEach(
      absl::FunctionRef<void(std::string_view key, const Entry&)> visit,
      int database = 0) const;
  EngineStatus status() const;
  const Insight& insight() const;
  std::vector<Work> works() const;  // under way
  // The largest keys that the last round of the housekeeper has seen.
  BigKeys big_keys() const;

  // --- Writes. Return once the record is in the log and visible.
  // kFailedPrecondition  the gate is closed: this node is not the master
  // kInvalidArgument     key or value over the limit, key empty, not a number
  // kOutOfRange          a sum that is no number any more
  // kResourceExhausted   memory is full and nothing can be evicted; or the disk fell
  //                      behind and `deadline` passed while waiting for room
  // kInternal            the storage failed
  // On error nothing was applied. `note` goes with it (note.h): its check's error is the
  // write's, and with Note::always an error of the mutation itself may have a record,
  // too. Null: there is none.
  absl::StatusOr<MutationResult> Mutate(const Mutation& mutation,
                                        MonoTime deadline,
                                        Note* note = nullptr);
  // All or nothing, in one record: in memory, in the log, on disk, on replicas. The
  // results have its index.
  //   kAborted   a condition does not hold
  //   kNotFound  a kRename of a key that is not there
  //   others     as above
  absl::StatusOr<std::vector<MutationResult>> MutateMany(
      absl::Span<const Mutation> mutations, MonoTime deadline,
      Note* note = nullptr);
  absl::StatusOr<uint64_t> Set(std::string_view key, std::string_view value,
                               WallTime expires_at, MonoTime deadline);
  struct Deleted {
    uint64_t index = 0;  // of the delete record; 0: there was no such key
  };
  absl::StatusOr<Deleted> Delete(std::string_view key, MonoTime deadline);
  // A record that changes nothing. Where it is known to be, all before it is, too. Returns
  // its index.
  absl::StatusOr<uint64_t> AppendEmpty(MonoTime deadline);
  // Empties databases, at once for every reader; memory comes back in the background.
  // Return the index of the record.
  absl::StatusOr<uint64_t> Flush(absl::Span<const int> databases,
                                 MonoTime deadline, Note* note = nullptr);
  // Each has the other's keys afterwards.
  absl::StatusOr<uint64_t> SwapDatabases(int a, int b, MonoTime deadline,
                                         Note* note = nullptr);

  // From now on no write is begun, and none waits: kCancelled, nothing was applied. For
  // who wants to end and may be called by a thread that is in a write.
  void EndWrites();

  // --- The write gate.
  // Writers are let in, but first `markers` are appended, in order, as the next
  // records. Returns the index of the last of them.
  struct Marker {
    RecordType type;
    std::string value;
  };
  uint64_t OpenGate(const std::vector<Marker>& markers);
  // Appends `marker` between the records of writers. Returns its index, or 0 if the gate
  // is closed.
  uint64_t AppendMarker(const Marker& marker);
  // No record of a writer is appended after the return. Returns the last index.
  uint64_t CloseGate();
  // Which opening of the gate it is, or was: another number each time, never 0.
  uint64_t gate() const;

  // --- The replica's side.
  // Appends and applies whole records that follow each other, the first being
  // last_index() + 1. When it returns OK they are persisted, too.
  // kDataLoss: not records; kOutOfRange: a gap. Nothing was applied in both cases.
  absl::Status Apply(std::string_view records);

  // A full sync builds a second data set; reads see the old one until the commit.
  // `keys_estimate`: about how many entries are to come; 0: unknown.
  absl::Status BeginStaging(uint64_t begin_index, uint64_t keys_estimate = 0);
  // A rewind prepares to replace only what the records above `common` have touched
  // (rewind.h); the log goes on there. Returns the keys whose entries are needed, each
  // as an encoded kDelete, in pieces of about `bytes_max`.
  //   kUnimplemented, kResourceExhausted  not with this tail (rewind.h)
  //   kOutOfRange                         the log does not hold all of it any more
  absl::StatusOr<std::vector<std::string>> BeginRewind(uint64_t common,
                                                       size_t bytes_max);
  // For the one or the other, whichever was begun last.
  absl::Status StageEntries(std::string_view records);
  absl::Status StageLog(std::string_view records);
  // Swaps, in memory and (with `meta`, in one atomic write) on disk; for readers it is
  // one moment. On error everything stays as it was. REQUIRES: the gate is closed; no
  // StateWalk exists, and what ReadLog() returned before is not followed up (another log
  // begins).
  absl::Status CommitStaging(const MetaMap& meta);
  void DropStaging();

  // Which databases the application's numbers mean at present (databases.h).
  DatabaseNumbers database_numbers() const;
  // Likewise, as bytes: what DatabaseNumbers is made from.
  std::string database_map() const;

  // --- The log.
  uint64_t last_index() const;
  uint64_t persisted_index() const;
  uint64_t durable_index() const;
  // No read that returned before this call saw a later record. May be above
  // last_index() for a moment on a replica, whose records are in memory first.
  uint64_t visible_index() const;
  // Of all records that writers appended since the start. Read before last_index(), it
  // is no more than the records up to there have.
  uint64_t appended_bytes() const;
  // What is in the log becomes persisted without the millisecond's pause that lets
  // records share a write. To be called by who waits for it.
  void HurryPersisted();
  // For who follows persisted() of an engine without a disk: see Log.
  void WakeWithNext(bool wake);
  // What is in the log up to `index` becomes durable as soon as the disk can.
  void RequestSync(uint64_t index);
  // Up to about `bytes_max` of records from `from` on, from memory or else from
  // disk. Empty slice: `from` is not written yet. kOutOfRange: no longer held.
  absl::StatusOr<LogSlice> ReadLog(uint64_t from, size_t bytes_max) const;
  std::unique_ptr<StateWalk> Walk() const;
  // The present entries of `keys` (encoded kDeletes, as BeginRewind returns them):
  // calls send(records) with encoded kSets, about `bytes_max` at a time, until it
  // returns false. What does not exist is left out. kDataLoss: not such keys.
  absl::Status LookUp(std::string_view keys, size_t bytes_max,
                      absl::FunctionRef<bool(std::string records)> send) const;

  // Moved whenever a watermark moves or health changes.
  Signal& appended() const;  // last_index
  // persisted_index, durable_index, health. Without a disk: see WakeWithNext.
  Signal& persisted() const;
  Signal& durable() const;  // durable_index, health
  // Likewise for the many who each wait for an index.
  SyncTurns& sync_turns() const;

  // --- Named values, always synced; kept in memory without a storage.
  absl::Status WriteMeta(std::string_view name, std::string_view value);
  std::string ReadMeta(std::string_view name) const;  // empty: never written

  // Not OK: the storage failed, and writes are refused.
  absl::Status health() const;
  // Likewise, also when writers are let in all the same (OnStorageFailure::kGoOnInMemory):
  // nothing gets durable any more.
  absl::Status storage_health() const;
  bool memory_only() const;

  // --- What the threads do by themselves, done now by the caller's thread.
  absl::Status Persist();  // everything in the log is persisted on return
  absl::Status Sync();     // ... and durable
  // Copies everything persisted to the new directory `dir`, while others go on. To
  // `labels` it adds how many keys there are, about (kKeysLabel).
  // Waits for `limit` at most, but for a disk that does not answer.
  // Errors as Storage::Backup's; kFailedPrecondition without a storage.
  absl::Status Backup(const std::string& dir, const MetaMap& labels,
                      const Limit& limit = {});
  absl::Status Checkpoint();  // the state is complete up to the present log
  size_t DeleteExpired();     // and other housekeeping; returns how many keys

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ENGINE_H_
