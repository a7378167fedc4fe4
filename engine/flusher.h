// Flusher: the thread that sees to it that a master's log gets to the operating system.
//
// Group commit: while one blob is written, the next one gathers in the ring. Who waits
// for `persisted` says so (Log::Hurry), and the flusher writes at once. Otherwise it
// takes a nap of a millisecond after each blob: writers do not have to wake it then,
// which would cost them more than the write itself, and blobs are larger. After 64 naps
// in which nothing came it sleeps until the next record.
//
// Thread-safety: the constructor and Stop() from one thread.
// Lifetime: `log` and what is behind `blobs` and `syncer` outlive it.
// Errors: the first one ends the thread.
#ifndef VIGIL_ENGINE_FLUSHER_H_
#define VIGIL_ENGINE_FLUSHER_H_

#include <atomic>

#include "engine/base/thread.h"
#include "engine/blob_writer.h"
#include "engine/log.h"
#include "engine/syncer.h"

namespace vigil::engine {

class Flusher {
 public:
  // `sync_each`: every blob is synced at once (FsyncPolicy::kAlways).
  Flusher(Log& log, BlobWriter& blobs, Syncer& syncer, bool sync_each);
  ~Flusher() { Stop(); }

  // Writes what the log holds by now and ends.
  void Stop();

 private:
  void Run();

  Log& log_;
  BlobWriter& blobs_;
  Syncer& syncer_;
  const bool sync_each_;
  std::atomic<bool> stopping_{false};
  Thread thread_;  // last: it uses all of the above
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_FLUSHER_H_
