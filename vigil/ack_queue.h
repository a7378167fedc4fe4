// AckQueue: the writes that wait for their Ack, found by what moves: one of the marks
// (ack.h), the epoch, the time.
//
//   disk        41 42 43 | 50 51       one step takes all up to the mark,
//   quorum      40 44    | 47          however many they are
//   ...
//   deadlines   ...
//
// A step costs what it ends, not what waits. Only when the epoch or the health of the
// storage has changed is everybody looked at.
//
// Pure. Time: told. Thread-safety: thread-compatible.
// Invariant: each waiter is in exactly one of the orders by index, and among the
// deadlines; it leaves by exactly one of Advance, Cancel and CancelAll.
#ifndef VIGIL_ACK_QUEUE_H_
#define VIGIL_ACK_QUEUE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "vigil/ack.h"

namespace vigil {

class AckQueue {
 public:
  using Done = std::function<void(absl::StatusOr<Receipt>)>;
  struct Answer {
    Done done;
    absl::StatusOr<Receipt> result;
  };

  // Returns the waiter's number, never 0. REQUIRES: !ack.reached().
  uint64_t Add(const PendingAck& ack, MonoTime deadline, Done done);

  // Whose Ack is reached or can be reached no more, then whose deadline has come.
  // Those who wait for the same are answered in the order of the log.
  // REQUIRES: `progress` is not older than any waiter.
  std::vector<Answer> Advance(const AckProgress& progress, MonoTime now);

  // kCancelled, if it still waits.
  std::optional<Answer> Cancel(uint64_t waiter);
  std::vector<Answer> CancelAll();

  // Of the waiter whose time comes first; the infinite future if there is none.
  MonoTime next_deadline() const;
  bool awaits_disk() const { return !orders_[kDiskMark].empty(); }
  bool empty() const { return waiters_.empty(); }
  size_t size() const { return waiters_.size(); }

 private:
  struct Waiter {
    PendingAck ack;
    MonoTime deadline;
    Done done;
  };
  using ByIndex = std::set<std::pair<uint64_t, uint64_t>>;  // index, number

  ByIndex& OrderOf(const PendingAck& ack) { return orders_[MarkOf(ack)]; }
  std::vector<uint64_t> Concerned(const AckProgress& progress) const;
  Answer Take(uint64_t waiter, absl::StatusOr<Receipt> result);

  std::unordered_map<uint64_t, Waiter> waiters_;
  std::array<ByIndex, kMarks> orders_;
  std::set<std::pair<MonoTime, uint64_t>> deadlines_;
  uint64_t numbers_ = 0;
  // Of all waiters; nullopt: not known to be the same.
  std::optional<Epoch> epoch_;
};

}  // namespace vigil

#endif  // VIGIL_ACK_QUEUE_H_
