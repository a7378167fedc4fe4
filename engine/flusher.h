// Flusher: the thread that hands a master's log to the operating system.
//
// Group commit: while one blob is written, the next one gathers in the ring. An
// idle flusher writes a record as soon as it is there.
//
// Thread-safety: the constructor and Stop() from one thread.
// Lifetime: `log` and `storage` outlive it.
// Errors: the first one goes to Log::Fail() and ends the thread.
#ifndef VIGIL_ENGINE_FLUSHER_H_
#define VIGIL_ENGINE_FLUSHER_H_

#include <atomic>

#include "engine/base/thread.h"
#include "engine/log.h"
#include "engine/storage.h"
#include "engine/syncer.h"

namespace vigil::engine {

class Flusher {
 public:
  // `sync_each`: every blob is synced at once (FsyncPolicy::kAlways).
  Flusher(Log& log, Storage& storage, Syncer& syncer, bool sync_each);
  ~Flusher() { Stop(); }

  // Writes what the log holds by now and ends.
  void Stop();

 private:
  void Run();

  Log& log_;
  Storage& storage_;
  Syncer& syncer_;
  const bool sync_each_;
  std::atomic<bool> stopping_{false};
  Thread thread_;  // last: it uses all of the above
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_FLUSHER_H_
