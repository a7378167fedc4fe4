// Syncer: the thread that makes the log durable: by the fsync policy, and when a
// write asks for it. One sync serves all who asked before it began; for them it does not
// wait until the flusher has persisted the log, but does so itself.
//
// A thread of its own, because an fsync may take as long as it likes: nobody waits for
// it who did not ask (Redis syncs in the background for the same reason).
//
// Time: the machine's monotonic clock.
// Thread-safety: Request() from any thread.
// Lifetime: `log`, `blobs` and `storage` outlive it.
// Errors: the first one goes to Log::Fail() and ends the thread.
#ifndef VIGIL_ENGINE_SYNCER_H_
#define VIGIL_ENGINE_SYNCER_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "engine/base/signal.h"
#include "engine/base/thread.h"
#include "engine/blob_writer.h"
#include "engine/log.h"
#include "engine/options.h"
#include "engine/storage.h"

namespace vigil::engine {

class Syncer {
 public:
  Syncer(Log& log, BlobWriter& blobs, Storage& storage, FsyncPolicy policy);
  ~Syncer() { Stop(); }

  // `index` becomes durable as soon as the disk gets to it.
  void Request(uint64_t index);

  // Syncs on the caller's thread. OK: what was in the log before is durable.
  absl::Status SyncNow();

  // Nothing happens by itself before.
  void Start();
  void Stop();

 private:
  void Run();
  absl::Status SyncInTurn();

  Log& log_;
  BlobWriter& blobs_;
  Storage& storage_;
  const bool every_second_;
  std::atomic<uint64_t> requested_{0};
  Signal wake_;
  std::atomic<bool> stopping_{false};
  Thread thread_;  // last: it uses all of the above
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_SYNCER_H_
