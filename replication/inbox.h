// Inbox: the events that wait for the replicator's thread.
//
// All that waits is bounded, however long the thread is held up by a disk:
//   what somebody asks is refused while too many questions wait;
//   messages wait outside while too many bytes wait inside, so a fast master cannot
//   fill the memory of a slow replica;
//   what links report, once each, is always accepted.
#ifndef VIGIL_REPLICATION_INBOX_H_
#define VIGIL_REPLICATION_INBOX_H_

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "replication/action.h"

namespace vigil::replication {

// Thread-safe.
class Inbox {
 public:
  // `bell` is moved when there is something to take, but for data; it outlives the
  // inbox.
  Inbox(size_t bytes_max, Signal& bell) : bytes_max_(bytes_max), bell_(bell) {}

  // Far above what a node's readers and sentinels have under way.
  static constexpr size_t kEventsMax = 20'000;

  void Put(Event event) {
    if (Insert(std::move(event), 0)) bell_.Notify();
  }

  // False: too many events wait, or nobody takes them any more.
  bool Ask(Event event) {
    {
      MutexLock lock(mu_);
      if (closed_ || events_.size() >= kEventsMax) return false;
    }
    Put(std::move(event));
    return true;
  }

  // Blocks while more than bytes_max wait. Drops the event once closed. Rings no bell:
  // the caller takes it itself, or sees to it that somebody does.
  void PutData(Event event, size_t bytes) {
    {
      MutexLock lock(mu_);
      while (bytes_ > bytes_max_ && !closed_) room_.Wait(mu_);
    }
    // An acknowledgement has no data, but takes memory, too.
    Insert(std::move(event), bytes + sizeof(Event));
  }

  // Events that nobody has taken.
  size_t waiting() {
    MutexLock lock(mu_);
    return events_.size();
  }

  std::optional<Event> Take() {
    MutexLock lock(mu_);
    if (events_.empty()) return std::nullopt;
    auto [event, bytes] = std::move(events_.front());
    events_.pop_front();
    if (bytes_ > bytes_max_ && bytes_ - bytes <= bytes_max_) room_.NotifyAll();
    bytes_ -= bytes;
    return std::move(event);
  }

  // Nothing blocks any more, and nothing is taken in.
  void Close() {
    MutexLock lock(mu_);
    closed_ = true;
    events_.clear();
    bytes_ = 0;
    room_.NotifyAll();
  }

 private:
  // False: nobody takes them any more.
  bool Insert(Event event, size_t bytes) {
    MutexLock lock(mu_);
    if (closed_) return false;
    events_.emplace_back(std::move(event), bytes);
    bytes_ += bytes;
    return true;
  }

  const size_t bytes_max_;
  Signal& bell_;
  Mutex mu_;
  CondVar room_;
  std::deque<std::pair<Event, size_t>> events_ ABSL_GUARDED_BY(mu_);
  size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_INBOX_H_
