#include "vigil/event_feed.h"

namespace vigil {

void EventFeed::Tell(Event event) {
  if (!listener_) return;
  MutexLock lock(mu_);
  if (events_.size() == kEventsMax) {
    events_.pop_front();
    ++missed_;
  }
  events_.push_back(std::move(event));
  if (std::exchange(posted_, true)) return;
  executor_.Post([this] { Deliver(); });
}

// One of them, then the executor's other tasks have their turn.
void EventFeed::Deliver() {
  Event event;
  {
    MutexLock lock(mu_);
    event = std::move(events_.front());
    events_.pop_front();
    event.missed = std::exchange(missed_, 0);
    posted_ = !events_.empty();
    if (posted_) executor_.Post([this] { Deliver(); });
  }
  listener_(event);
}

}  // namespace vigil
