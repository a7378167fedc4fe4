#include "vigil/ack_watch.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace vigil {

AckWatch::AckWatch(Progress progress, Signal& disk, Executor& executor,
                   const Clock& clock, size_t places, const char* thread)
    : progress_(std::move(progress)),
      disk_(disk),
      executor_(executor),
      clock_(clock),
      places_(places),
      thread_(thread, [this] { Run(); }) {}

absl::Status AckWatch::TakePlace() {
  MutexLock lock(mu_);
  if (stopped_) {
    return absl::CancelledError(
        "the node is being destroyed; nothing was applied");
  }
  if (outstanding_ >= places_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("async_operations_max operations (", places_,
                     ") are outstanding; nothing was applied"));
  }
  ++outstanding_;
  ++beginning_;
  return absl::OkStatus();
}

void AckWatch::Began() {
  if (--beginning_ == 0) settled_.NotifyAll();
}

void AckWatch::Answer(Done done, absl::StatusOr<Receipt> result) {
  AckQueue::Answer answer{std::move(done), std::move(result)};
  MutexLock lock(mu_);
  Add(answer);
  Began();
}

uint64_t AckWatch::Await(PendingAck ack, MonoTime deadline, Done done) {
  if (ack.reached()) {
    Answer(std::move(done), AnswerOf(ack));
    return 0;
  }
  uint64_t number = 0;
  bool wake = false;
  {
    MutexLock lock(mu_);
    if (stopped_) {
      AckQueue::Answer answer{std::move(done), Cancelled(ack)};
      Add(answer);
      Began();
      return 0;
    }
    Began();
    number = queue_.Add(ack, deadline, std::move(done));
    waited_for_ = true;
    wake = deadline < sleeps_until_ || (ack.to_disk && !sleeps_on_disk_);
  }
  // What moved before it was in the queue wakes nobody for it. As in Moved(), in the other
  // order: one of the two sees the other.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (wake || Judge(ack, progress_())) Wake();
  return number;
}

void AckWatch::Cancel(uint64_t waiter) {
  MutexLock lock(mu_);
  if (stopped_) return;
  if (auto answer = queue_.Cancel(waiter)) Add(*answer);
}

void AckWatch::Moved() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (waited_for_) Wake();
}

void AckWatch::Wake() {
  bell_.Notify();
  if (sleeps_on_disk_) disk_.Notify();
}

void AckWatch::Stop() {
  {
    MutexLock lock(mu_);
    for (AckQueue::Answer& answer : queue_.CancelAll()) Add(answer);
    stopped_ = true;
  }
  Wake();
  thread_.Join();
  MutexLock lock(mu_);
  while (beginning_ > 0 || delivering_) settled_.Wait(mu_);
}

void AckWatch::Run() {
  bool on_disk = false;
  for (;;) {
    Signal& signal = on_disk ? disk_ : bell_;
    const uint64_t seen = signal.Seen();
    MonoTime until;
    {
      MutexLock lock(mu_);
      if (stopped_) return;
      if (!queue_.empty()) {
        ++looks_;
        // Read under the lock: not older than anybody in the queue.
        for (auto& each : queue_.Advance(progress_(), clock_.Mono())) Add(each);
      }
      waited_for_ = !queue_.empty();
      until = sleeps_until_ = queue_.next_deadline();
      sleeps_on_disk_ = queue_.awaits_disk();
      // Whoever moves the other signal from now on moves this one, too; what moved
      // before is seen by another look.
      if (on_disk != sleeps_on_disk_) {
        on_disk = sleeps_on_disk_;
        continue;
      }
    }
    signal.WaitPast(seen, until);
  }
}

void AckWatch::Add(AckQueue::Answer& answer) {
  answers_.push_back(std::move(answer));
  if (delivering_) return;
  delivering_ = true;
  executor_.Post([this] { Deliver(); });
}

// One group, then the executor's other tasks have their turn.
void AckWatch::Deliver() {
  std::vector<AckQueue::Answer> group;
  {
    MutexLock lock(mu_);
    group.swap(answers_);
  }
  for (AckQueue::Answer& each : group) {
    // Before the call: it may begin the next operation.
    --outstanding_;
    const Done done = std::move(each.done);
    done(std::move(each.result));
  }
  MutexLock lock(mu_);
  if (!answers_.empty()) {
    executor_.Post([this] { Deliver(); });
    return;
  }
  delivering_ = false;
  settled_.NotifyAll();
}

}  // namespace vigil
