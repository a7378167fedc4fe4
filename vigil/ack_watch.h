// AckWatch: one thread that waits for the Acks of all asynchronous writes, and
// answers them in groups on the executor.
//
//   Await ─▶ AckQueue ─▶ vigil-acks: a watermark moved, or a deadline came
//               │                │ whoever is concerned, at once
//   Cancel ─────┴────────────────┴─▶ answers ─▶ one task ─▶ Executor: done, done, ...
//
// Time: the clock given. Thread-safety: thread-safe. `done` runs on the executor's
// thread, under no lock.
// Lifetime: `disk`, `executor`, `clock` and what `progress` uses are used until Stop()
// has returned. Cancel may be called after that.
// Invariant: whatever got a place is answered exactly once, also if Stop() comes
// meanwhile; what got none leaves no trace.
#ifndef VIGIL_ACK_WATCH_H_
#define VIGIL_ACK_WATCH_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "engine/base/thread.h"
#include "vigil/ack_queue.h"
#include "vigil/cancellable.h"
#include "vigil/executor.h"

namespace vigil {

class AckWatch final : public Cancellable {
 public:
  using Done = AckQueue::Done;
  // Answers from any thread, and never blocks.
  using Progress = std::function<AckProgress()>;

  // `disk` moves whenever the durable index does. At most `places` operations are
  // outstanding.
  AckWatch(Progress progress, Signal& disk, Executor& executor,
           const Clock& clock, size_t places,
           const char* thread = "vigil-acks");
  ~AckWatch() override { Stop(); }

  // An operation begins: it takes a place, which its answer gives back. Else the
  // operation does not begin, and nobody is called for it:
  //   kResourceExhausted  no place is left
  //   kCancelled          Stop() was called
  absl::Status TakePlace();
  // Exactly one of them, once for each place: the answer, or what it waits for. Returns
  // the number to cancel it by.
  void Answer(Done done, absl::StatusOr<Receipt> result);
  uint64_t Await(PendingAck ack, MonoTime deadline, Done done);

  // Answers kCancelled if it still waits.
  void Cancel(uint64_t waiter) override;

  // The committed index or the epoch has moved. Does not block, and wakes nobody when
  // nobody waits: it may come with every write.
  void Moved();

  // Nothing begins any more. Answers kCancelled to all who wait, and returns when
  // everything that had begun was told. Idempotent.
  // REQUIRES: not on the executor's thread, which is running.
  void Stop();

  // Operations that have a place.
  size_t outstanding() const { return outstanding_; }
  // How often the thread has looked at the watermarks.
  uint64_t looks() const { return looks_; }

 private:
  void Run();
  void Wake();
  void Began() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Add(AckQueue::Answer& answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Deliver();

  const Progress progress_;
  Signal& disk_;
  Executor& executor_;
  const Clock& clock_;
  const size_t places_;
  std::atomic<size_t> outstanding_{0};
  std::atomic<uint64_t> looks_{0};

  Mutex mu_;
  CondVar settled_;  // beginning_ or delivering_
  AckQueue queue_ ABSL_GUARDED_BY(mu_);
  std::vector<AckQueue::Answer> answers_ ABSL_GUARDED_BY(mu_);
  size_t beginning_ ABSL_GUARDED_BY(mu_) =
      0;  // have a place, and no Answer or Await
  bool delivering_ ABSL_GUARDED_BY(mu_) = false;  // a task is posted, or runs
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  // Whether anybody is in the queue, or perhaps was a moment ago.
  std::atomic<bool> waited_for_{false};
  // What the thread would wake up for by itself.
  MonoTime sleeps_until_ ABSL_GUARDED_BY(mu_) = MonoTime::InfiniteFuture();
  // The thread sleeps on the disk's signal while somebody waits for the disk, and
  // else on the bell: without a disk that signal moves with every write.
  std::atomic<bool> sleeps_on_disk_{false};
  Signal bell_;
  Thread thread_;  // last: it uses the rest
};

}  // namespace vigil

#endif  // VIGIL_ACK_WATCH_H_
