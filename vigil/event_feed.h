// EventFeed: gives events to the application, in order, on the callback thread.
//
// Events are no level: each is told. An application that blocks cannot hold the sentinel
// up, so no more than kEventsMax wait, and the oldest goes; the next one that is told
// says how many are missing before it.
#ifndef VIGIL_EVENT_FEED_H_
#define VIGIL_EVENT_FEED_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "engine/base/mutex.h"
#include "vigil/executor.h"
#include "vigil/options.h"

namespace vigil {

// Thread-safe. `executor` outlives it, and is stopped before it is destroyed.
class EventFeed {
 public:
  // About 1 MiB. A failover is some twenty events.
  static constexpr size_t kEventsMax = 10'000;
  using Listener = std::function<void(const Event&)>;

  // `listener` may be empty.
  EventFeed(Executor& executor, Listener listener)
      : executor_(executor), listener_(std::move(listener)) {}

  void Tell(Event event);

 private:
  void Deliver();

  Executor& executor_;
  const Listener listener_;
  Mutex mu_;
  std::deque<Event> events_ ABSL_GUARDED_BY(mu_);
  uint64_t missed_ ABSL_GUARDED_BY(mu_) = 0;  // before the first of them
  bool posted_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace vigil

#endif  // VIGIL_EVENT_FEED_H_
