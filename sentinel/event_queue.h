// EventQueue: the events that wait for the monitor's thread. Bounded by what the core
// asked for and by PendingReplies; nudges that wait are one.
//
// Thread-safety: thread-safe. Outlives the monitor where a callback still holds it.
#ifndef VIGIL_SENTINEL_EVENT_QUEUE_H_
#define VIGIL_SENTINEL_EVENT_QUEUE_H_

#include <deque>
#include <optional>
#include <utility>

#include "engine/base/mutex.h"
#include "sentinel/step.h"

namespace vigil::sentinel {

class EventQueue {
 public:
  void Put(Event event) {
    MutexLock lock(mu_);
    if (closed_) return;
    events_.push_back(std::move(event));
    changed_.NotifyOne();
  }

  // The thread is to look around: Take returns TimePassed.
  void Nudge() {
    MutexLock lock(mu_);
    nudged_ = true;
    changed_.NotifyOne();
  }

  // The next event; TimePassed when there is none until `deadline`, or for a nudge;
  // nullopt when the queue is closed.
  std::optional<Event> Take(MonoTime deadline) {
    MutexLock lock(mu_);
    while (events_.empty() && !nudged_ && !closed_) {
      if (!changed_.WaitUntil(mu_, deadline)) break;
    }
    if (closed_) return std::nullopt;
    if (events_.empty()) {
      nudged_ = false;
      return TimePassed{};
    }
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  void Close() {
    MutexLock lock(mu_);
    closed_ = true;
    events_.clear();
    changed_.NotifyAll();
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::deque<Event> events_ ABSL_GUARDED_BY(mu_);
  bool nudged_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_EVENT_QUEUE_H_
