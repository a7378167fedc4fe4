// Checkpointer: writes the entries of changed keys to the state on disk, so that
// the log before them may go and a restart replays little.
//
//   C = last index ─▶ shard by shard: take the marked keys, write their present
//   entries once the log has persisted them ─▶ the state is complete up to C
//
// Rows of keys that have gone are deleted first, then the segments with changes are
// gone through. A shard is locked while the changes of one segment, a few hundred,
// are encoded; large values are only pinned then.
//
// Exact though writers go on: every record up to C was applied under its shard's
// lock before that shard is looked at; what is newer than C in the state carries
// its version, and replay skips it. What was deleted after C, and before its turn, may
// have left a row older than C, which replay deletes: so a pass ends when the log has
// persisted all that was written until its end, not only C.
//
// Time: the machine's monotonic clock.
// Thread-safety: RunOnce() and Pause from any thread; passes exclude each other.
// Lifetime: what the constructor gets outlives it.
// Errors: the first one goes to Log::Fail(); there is no pass after it.
#ifndef VIGIL_ENGINE_CHECKPOINTER_H_
#define VIGIL_ENGINE_CHECKPOINTER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "engine/data_set.h"
#include "engine/log.h"
#include "engine/storage.h"

namespace vigil::engine {

class Checkpointer {
 public:
  Checkpointer(DataSet& data, Log& log, Storage& storage, absl::Duration period,
               uint64_t log_bytes_kept);
  ~Checkpointer() { Stop(); }

  // One pass, on the caller's thread. kCancelled when stopped in the middle.
  absl::Status RunOnce();

  // While one exists no pass runs. Its constructor waits for the end of a pass.
  class Pause {
   public:
    explicit Pause(Checkpointer& of) : of_(of) { of_.Enter(); }
    ~Pause() { of_.Leave(); }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Checkpointer& of_;
  };

  // Nothing happens by itself before.
  void Start();
  void Stop();

 private:
  void Run();
  void Enter();
  void Leave();
  absl::Status WriteShard(size_t shard);
  absl::Status DeleteGone(size_t shard);
  absl::Status WriteDirty(size_t shard);
  // Writes what pending_ holds.
  absl::Status WritePending();
  // Likewise, if it is enough for a write.
  absl::Status WriteIfFull();

  DataSet& data_;
  Log& log_;
  Storage& storage_;
  const absl::Duration period_;
  const uint64_t log_bytes_kept_;

  // Of the pass under way: changes not written yet, and a log index that they do
  // not go beyond.
  std::vector<StateChange> pending_;
  size_t pending_bytes_ = 0;
  uint64_t pending_newest_ = 0;

  Mutex mu_;
  CondVar moved_;
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
  std::atomic<bool> stopping_{false};
  Thread thread_;  // last: it uses all of the above
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_CHECKPOINTER_H_
