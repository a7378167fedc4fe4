// FreshReader: the reads of a node that wait until it is fresh enough.
//
// Thread-safety: thread-safe. Lifetime: what the constructor takes outlives it.
// Invariant: after Stop() no read waits, and each that had begun was told.
#ifndef VIGIL_FRESH_READER_H_
#define VIGIL_FRESH_READER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "replication/replicator.h"
#include "vigil/cancellable.h"
#include "vigil/executor.h"
#include "vigil/fresh_read.h"
#include "vigil/freshness.h"

namespace vigil {

class FreshReader final : public Cancellable {
 public:
  FreshReader(engine::Engine& engine, replication::Replicator& replicator,
              Executor& executor, const Clock& clock)
      : executor_(executor), clock_(clock), node_{engine, replicator, clock} {}
  ~FreshReader() override { Stop(); }

  // As Node::Read: `read` runs on this thread.
  absl::StatusOr<ReadPoint> Read(const Freshness& freshness,
                                 const std::function<void()>& read,
                                 absl::Duration timeout);
  // As Async::Read: `read` and `done` run on the executor. Returns what to cancel it by.
  // REQUIRES: the caller has bounded how many there are.
  uint64_t Begin(const Freshness& freshness, std::function<void()> read,
                 absl::Duration timeout, FreshRead::Done done);
  void Cancel(uint64_t number) override;
  // Whoever waits is told kCancelled; none begins any more. To be called while the
  // executor runs. Idempotent.
  void Stop();

 private:
  uint64_t Add(FreshRead::Request request);
  void Cancel(uint64_t number, const absl::Status& why);

  Executor& executor_;
  const Clock& clock_;
  FreshNode node_;

  Mutex mu_;
  CondVar ended_;
  uint64_t numbers_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<uint64_t, std::shared_ptr<FreshRead>> reads_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace vigil

#endif  // VIGIL_FRESH_READER_H_
