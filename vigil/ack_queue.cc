#include "vigil/ack_queue.h"

namespace vigil {

uint64_t AckQueue::Add(const PendingAck& ack, MonoTime deadline, Done done) {
  const uint64_t number = ++numbers_;
  OrderOf(ack).emplace(ack.receipt.index, number);
  deadlines_.emplace(deadline, number);
  waiters_.emplace(number, Waiter{ack, deadline, std::move(done)});
  if (epoch_ != ack.epoch) epoch_.reset();
  return number;
}

std::vector<AckQueue::Answer> AckQueue::Advance(const AckProgress& progress,
                                                MonoTime now) {
  std::vector<Answer> answers;
  for (const uint64_t number : Concerned(progress)) {
    Waiter& waiter = waiters_.at(number);
    PendingAck ack = waiter.ack;
    if (auto result = Judge(ack, progress)) {
      answers.push_back(Take(number, *std::move(result)));
    } else if (MarkOf(ack) != MarkOf(waiter.ack)) {
      OrderOf(waiter.ack).erase({ack.receipt.index, number});
      OrderOf(ack).emplace(ack.receipt.index, number);
      waiter.ack = ack;
    }
  }
  epoch_ = progress.group.epoch;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const uint64_t number = deadlines_.begin()->second;
    PendingAck ack = waiters_.at(number).ack;
    Note(ack, progress);
    answers.push_back(Take(number, TimedOut(ack)));
  }
  return answers;
}

std::vector<uint64_t> AckQueue::Concerned(const AckProgress& progress) const {
  std::vector<uint64_t> numbers;
  const auto up_to = [&](const ByIndex& order, uint64_t index) {
    for (const auto& [at, number] : order) {
      if (at > index) break;
      numbers.push_back(number);
    }
  };
  const bool all = progress.group.epoch != epoch_ || !progress.health.ok();
  for (size_t mark = 0; mark < kMarks; ++mark) {
    const bool every = all || (mark == kDiskMark && !progress.disk.ok());
    up_to(orders_[mark], every ? UINT64_MAX : IndexAt(mark, progress));
  }
  return numbers;
}

std::optional<AckQueue::Answer> AckQueue::Cancel(uint64_t waiter) {
  const auto at = waiters_.find(waiter);
  if (at == waiters_.end()) return std::nullopt;
  return Take(waiter, Cancelled(at->second.ack));
}

std::vector<AckQueue::Answer> AckQueue::CancelAll() {
  std::vector<Answer> answers;
  while (!deadlines_.empty()) {
    answers.push_back(*Cancel(deadlines_.begin()->second));
  }
  return answers;
}

MonoTime AckQueue::next_deadline() const {
  return deadlines_.empty() ? MonoTime::InfiniteFuture()
                            : deadlines_.begin()->first;
}

AckQueue::Answer AckQueue::Take(uint64_t waiter,
                                absl::StatusOr<Receipt> result) {
  auto taken = waiters_.extract(waiter);
  const Waiter& gone = taken.mapped();
  OrderOf(gone.ack).erase({gone.ack.receipt.index, waiter});
  deadlines_.erase({gone.deadline, waiter});
  return {std::move(taken.mapped().done), std::move(result)};
}

}  // namespace vigil
