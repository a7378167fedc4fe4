// Log: the sequenced log of one node, its watermarks, and the gate for writers.
//
//   writers ─▶ Append ─▶ [ ring ] ─▶ flusher ─▶ MarkPersisted ─▶ syncer ─▶ MarkDurable
//                           └──────▶ Read (replica feeds)
//
// The gate is tested under the lock that gives out indexes: after CloseGate() no
// writer gets one. Writers wait in Admit(), before they hold a shard's lock, when
// log_memory_bytes are not persisted yet; so memory is bounded by that, plus one
// record per writer.
//
// Thread-safety: thread-safe. Nothing here touches a disk.
// Invariants: durable <= persisted <= last. They fall only in Replace().
#ifndef VIGIL_ENGINE_LOG_H_
#define VIGIL_ENGINE_LOG_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "engine/base/limit.h"
#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "engine/base/wait_meter.h"
#include "engine/log_ring.h"
#include "engine/record.h"
#include "engine/storage.h"
#include "engine/sync_turns.h"

namespace vigil::engine {

class Log {
 public:
  // Up to where a data set was persisted at some moment. What was synced then
  // must not be counted for the data set that has replaced it since.
  struct Mark {
    uint64_t index = 0;
    uint64_t data_set = 0;
  };

  // Everything in `ring` counts as durable. `memory_only`: so does every record
  // at once.
  // `go_on`: after the storage has failed writers are still let in, and what they
  // write is in memory only.
  Log(LogRing ring, size_t memory_bytes, bool memory_only, bool go_on = false);

  // --- Writers.
  // Waits until there is room. kFailedPrecondition: the gate is closed.
  // kInternal: the storage failed. kResourceExhausted: `deadline` passed.
  // kCancelled: EndWaits() was called.
  absl::Status Admit(MonoTime deadline);
  // From now on Admit refuses, and wakes those who wait in it to tell them.
  void EndWaits();
  // Whether Admit would answer at once.
  bool HasRoom() const { return unpersisted_bytes_ < memory_bytes_ || failed_; }
  // Returns the index of the record, or 0 if the gate is closed, or is not `gate` any
  // more (0: whichever it is).
  uint64_t Append(const RecordView& record, uint64_t gate = 0);
  // Wakes who waits for records; to be called when no shard is locked any more.
  void Announce();
  // Wakes the flusher, too, if it takes a nap: somebody waits for `persisted`. Without a
  // disk, who follows persisted() and takes one.
  void Hurry();
  // Without a disk each record is persisted at once, and persisted() would wake who follows
  // it as often as there is a write. So it moves with a record only while this says so: he
  // looks at the log once more after he has said it, and sleeps.
  void WakeWithNext(bool wake) { wake_with_next_ = wake; }

  // --- The gate.
  uint64_t OpenGate(const std::vector<RecordView>& markers);
  uint64_t CloseGate();
  bool gate_open() const { return gate_open_; }
  // Which opening it is: another number each time, never 0. Of a closed gate: the last.
  uint64_t gate() const { return gate_; }

  // --- The replica's side. REQUIRES: the gate is closed, and everything in the
  // log is persisted; `records` are persisted, and durable if `durable`.
  void AppendPersisted(const std::vector<EncodedRecord>& records, bool durable);
  // Another data set takes the place of this one; all of it is durable.
  void Replace(LogRing ring);
  // What is in memory, without the records above `last`.
  LogRing RingUpTo(uint64_t last) const;

  // --- Workers.
  // The next records for the disk; empty when all are persisted.
  LogSlice Unpersisted(size_t bytes_max) const;
  void MarkPersisted(const LogSlice& slice);
  Mark persisted_mark() const;
  void MarkDurable(const Mark& mark);
  // Likewise, around the sync of what is persisted: of those in sync_turns() only who waits
  // for this sync is woken.
  Mark BeginSync();
  void EndSync(const Mark& mark);
  // Keeps the first failure: waiters wake up, writers are refused from now on or go
  // on in memory.
  void Fail(const absl::Status& cause);

  // Waits until `index` is persisted. False when the storage failed first.
  bool AwaitPersisted(uint64_t index);
  // Likewise, no longer than `limit`: then its error.
  absl::Status AwaitPersisted(uint64_t index, const Limit& limit);

  // --- Readers.
  uint64_t first_index() const;
  uint64_t last_index() const { return last_; }
  uint64_t persisted_index() const { return persisted_; }
  uint64_t durable_index() const { return durable_; }
  size_t bytes() const;
  // Of all records of writers since the start, whatever became of them.
  uint64_t appended_bytes() const { return appended_bytes_; }
  bool healthy() const { return !failed_; }
  // Whether writers are let in as far as the storage is concerned.
  bool accepts() const { return !failed_ || go_on_; }
  // OK until the storage failed; then why.
  absl::Status health() const;
  struct Pressure {
    size_t unpersisted_bytes = 0;
    Waits delays;          // in Admit
    uint64_t refused = 0;  // by Admit, as there was no room in time
  };
  Pressure pressure() const;
  // Records from `from` on that are in memory; empty if `from` is not.
  LogSlice Read(uint64_t from, size_t bytes_max) const;

  Signal& appended() const { return appended_; }
  // Records for the flusher. Not with those of AppendPersisted: a replica's sleeps on.
  Signal& unpersisted() const { return unpersisted_; }
  Signal& hurry() const { return hurry_; }
  // Moves with persisted_index, durable_index, health and the gate; without a disk with
  // an index only as WakeWithNext says. Not in AppendPersisted, whose caller knows.
  Signal& persisted() const { return persisted_signal_; }
  // Not with persisted_index: who waits for the disk alone is not woken in vain.
  Signal& durable() const { return durable_signal_; }
  // For the many who each wait for an index to be durable.
  SyncTurns& sync_turns() const { return sync_turns_; }

 private:
  void NotifyAll();
  bool SetDurable(const Mark& mark);
  uint64_t AppendLocked(const RecordView& record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const size_t memory_bytes_;
  const bool memory_only_;
  const bool go_on_;

  mutable Mutex mu_;
  LogRing ring_ ABSL_GUARDED_BY(mu_);
  uint64_t data_set_ ABSL_GUARDED_BY(mu_) = 1;
  absl::Status health_ ABSL_GUARDED_BY(mu_);

  // Written under mu_, read without it.
  std::atomic<bool> gate_open_{false};
  std::atomic<uint64_t> gate_{1};
  std::atomic<bool> failed_{false};
  std::atomic<uint64_t> last_;
  std::atomic<uint64_t> persisted_;
  std::atomic<uint64_t> durable_;
  std::atomic<size_t> unpersisted_bytes_{0};
  std::atomic<uint64_t> appended_bytes_{0};
  // Written without it, too.
  std::atomic<bool> wake_with_next_{false};
  std::atomic<bool> ending_{false};
  std::atomic<uint64_t> refused_{0};
  WaitMeter delays_;

  mutable Signal appended_;
  mutable Signal unpersisted_;
  mutable Signal hurry_;
  mutable Signal persisted_signal_;
  mutable Signal durable_signal_;
  mutable SyncTurns sync_turns_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_LOG_H_
