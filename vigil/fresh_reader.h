// FreshReader: reads of this node's memory that are as fresh as asked for.
//
//   linearizable:  ask the master ─▶ it asks a quorum ─▶ log is there ─▶ read
//                                    ─▶ what was seen is committed, in the same epoch
//
// The read comes before the last wait, because a master's memory, and a replica's, are
// ahead of what is committed. If the master changes meanwhile it all begins again.
//
// Thread-safety: thread-safe. Lifetime: engine, replicator and clock outlive it.
#ifndef VIGIL_FRESH_READER_H_
#define VIGIL_FRESH_READER_H_

#include <atomic>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/signal.h"
#include "engine/engine.h"
#include "replication/replicator.h"
#include "vigil/freshness.h"

namespace vigil {

class FreshReader {
 public:
  FreshReader(engine::Engine& engine, replication::Replicator& replicator,
              const Clock& clock)
      : engine_(engine), replicator_(replicator), clock_(clock) {}

  // As Node::Read.
  absl::StatusOr<ReadPoint> Read(const Freshness& freshness,
                                 absl::FunctionRef<void()> read,
                                 absl::Duration timeout);
  // The role, or the stream to the master, has changed.
  void OnRole() { roles_.Notify(); }
  // Who waits is let go. To be called after the replicator has stopped.
  void Stop() {
    stopped_ = true;
    roles_.Notify();
    engine_.appended().Notify();
  }

 private:
  absl::StatusOr<ReadPoint> ReadLinearizable(absl::FunctionRef<void()> read,
                                             MonoTime deadline);
  // Waits until this node has every write that was acknowledged before the call.
  // Returns the epoch in which that was confirmed.
  absl::StatusOr<Epoch> CatchUp(MonoTime deadline);
  absl::Status AwaitReceipt(uint64_t epoch, uint64_t index, MonoTime deadline);
  absl::Duration Age() const;
  ReadPoint PointNow() const;

  engine::Engine& engine_;
  replication::Replicator& replicator_;
  const Clock& clock_;
  Signal roles_;
  std::atomic<bool> stopped_{false};
  // Everything that was acknowledged before is here. INT64_MIN: never asked.
  std::atomic<int64_t> as_of_ns_{INT64_MIN};
};

}  // namespace vigil

#endif  // VIGIL_FRESH_READER_H_
