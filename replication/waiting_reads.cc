#include "replication/waiting_reads.h"

namespace vigil::replication {

uint64_t WaitingReads::Ask(Token token, MonoTime now, MonoTime deadline) {
  waiters_.push_back({.what = For::kMaster,
                      .token = token,
                      .deadline = deadline,
                      .asked = now,
                      .read = ++reads_});
  return reads_;
}

uint64_t WaitingReads::AskAgain() {
  const uint64_t read = reads_ + 1;
  for (Waiter& waiter : waiters_) {
    if (waiter.what != For::kMaster) continue;
    waiter.read = reads_ = read;
    waiter.index.reset();
  }
  return reads_ == read ? read : 0;
}

void WaitingReads::Answered(uint64_t read, uint64_t index) {
  for (Waiter& waiter : waiters_) {
    if (waiter.what == For::kMaster && waiter.read <= read && !waiter.index)
      waiter.index = index;
  }
}

void WaitingReads::AwaitCommit(Token token, uint64_t index, MonoTime deadline) {
  waiters_.push_back({.what = For::kCommit,
                      .token = token,
                      .deadline = deadline,
                      .index = index});
}

void WaitingReads::AwaitRecord(Token token, uint64_t epoch, uint64_t index,
                               MonoTime deadline) {
  waiters_.push_back({.what = For::kRecord,
                      .token = token,
                      .deadline = deadline,
                      .index = index,
                      .epoch = epoch});
}

void WaitingReads::GiveUp(Token token) {
  std::erase_if(waiters_,
                [token](const Waiter& w) { return w.token == token; });
}

std::vector<WaitingReads::Waiter> WaitingReads::Take(
    absl::FunctionRef<bool(const Waiter&)> over) {
  std::vector<Waiter> taken;
  std::erase_if(waiters_, [&](const Waiter& waiter) {
    if (!over(waiter)) return false;
    taken.push_back(waiter);
    return true;
  });
  return taken;
}

}  // namespace vigil::replication
