// Expirer: the thread that deletes, on the master, the keys whose time is over.
//
// It does so with ordinary delete records: replicas hide an expired key but keep
// it until they are told (as in Redis), so they never differ in what they hold.
//
// Time: expiry by the clock of the node; the period by the machine's.
// Thread-safety: RunOnce() from any thread.
// Lifetime: what the constructor gets outlives it.
#ifndef VIGIL_ENGINE_EXPIRER_H_
#define VIGIL_ENGINE_EXPIRER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/signal.h"
#include "engine/base/thread.h"
#include "engine/data_set.h"
#include "engine/log.h"

namespace vigil::engine {

class Expirer {
 public:
  Expirer(DataSet& data, Log& log, const Clock& clock, absl::Duration period);
  ~Expirer() { Stop(); }

  // Deletes what is due. Nothing while the gate is closed; ends early when the
  // disk is behind, for a write that somebody waits for comes first. Returns how
  // many keys went.
  size_t RunOnce();

  uint64_t expired() const { return expired_; }
  void Stop();

 private:
  void Run();
  // One hold of the shard's lock.
  size_t DeleteSome(size_t shard, WallTime now);

  DataSet& data_;
  Log& log_;
  const Clock& clock_;
  const absl::Duration period_;
  std::atomic<uint64_t> expired_{0};
  std::atomic<bool> stopping_{false};
  Signal wake_;
  Thread thread_;  // last: it uses all of the above
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_EXPIRER_H_
