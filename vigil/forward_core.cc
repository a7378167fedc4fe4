#include "vigil/forward_core.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "vigil/write_errors.h"

namespace vigil {
namespace {

using Kind = ForwardReply::Kind;

// Doubled so often at most.
constexpr int kDoublingsMax = 10;

// What may be otherwise with the next try.
bool IsPassing(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsInternal(status) || absl::IsCancelled(status);
}

// So much earlier must the master give up that its answer still comes in time.
absl::Duration ForTheMaster(absl::Duration left) {
  return left - std::min(left / 10, absl::Milliseconds(50));
}

}  // namespace

ForwardCore::ForwardCore(const ForwardCoreOptions& options, uint64_t seed)
    : options_(options), random_(seed), sequences_(options.slots) {
  // The lowest is taken first.
  for (uint32_t slot = options.slots; slot-- > 0;) free_slots_.push_back(slot);
}

absl::StatusOr<uint64_t> ForwardCore::Begin(MonoTime deadline, bool await_room,
                                            size_t bytes, MonoTime now) {
  const bool much = !writes_.empty() && bytes_ + bytes > options_.bytes_max;
  if (much || writes_.size() >= options_.writes_max) {
    ++counters_.refused;
    return absl::ResourceExhaustedError(
        absl::StrCat(writes_.size(), " writes of ", bytes_,
                     " bytes are being forwarded; nothing was applied"));
  }
  const uint64_t number = ++numbers_;
  Write& write = writes_[number];
  write.caller_deadline = deadline;
  write.await_room = await_room;
  write.bytes = bytes;
  bytes_ += bytes;
  SetDeadline(number, write, deadline);
  waiting_.insert(number);
  Pump(now);
  return number;
}

void ForwardCore::OnRoute(const std::optional<ForwardRoute>& route,
                          MonoTime now) {
  if (route == route_) return;
  route_ = route;
  // Without a master the old one may still answer.
  if (!route_) return;
  actions_.push_back(KeepOnly{route_->address});
  for (auto& [number, write] : writes_) {
    if (write.state == State::kUnderWay) {
      write.in_doubt = true;
      write.state = State::kIdle;
      idle_.insert(number);
    }
    if (write.state == State::kIdle) {
      write.retry_at = now;
      write.tries = 0;
    }
  }
  Pump(now);
}

void ForwardCore::OnAnswer(uint64_t number, uint64_t copy,
                           absl::StatusOr<ForwardReply> answer, MonoTime now) {
  const auto it = writes_.find(number);
  if (it == writes_.end()) return;
  Write& write = it->second;
  if (write.state != State::kUnderWay || write.copy != copy) return;
  TakeAnswer(number, write, std::move(answer), now);
  Pump(now);
}

void ForwardCore::TakeAnswer(uint64_t number, Write& write,
                             absl::StatusOr<ForwardReply> answer,
                             MonoTime now) {
  if (!answer.ok()) {
    write.in_doubt = true;
    write.last = std::move(answer).status();
    return Retry(number, write, now);
  }
  ForwardReply& reply = *answer;
  if (reply.once_more) ++counters_.once_more;
  switch (reply.kind) {
    case Kind::kDone:
      return Done(number, write, std::move(reply), now);
    case Kind::kUnknown:
      write.in_doubt = true;
      write.receipt = reply.receipt;
      write.last = std::move(reply.status);
      return Retry(number, write, now);
    case Kind::kNotMaster:
      write.last = absl::UnavailableError(
          "no master took the write in time; nothing was applied");
      return Retry(number, write, now);
    case Kind::kNoRoom:
      write.last = std::move(reply.status);
      if (write.in_doubt || write.await_room) return Retry(number, write, now);
      return End(number, write.last);
    case Kind::kRefused:
      write.last = std::move(reply.status);
      if (!write.in_doubt) return End(number, write.last);
      if (IsPassing(write.last)) return Retry(number, write, now);
      return EndUnknown(number, write, write.last);
  }
}

void ForwardCore::OnCaughtUp(uint64_t number) {
  const auto it = writes_.find(number);
  if (it == writes_.end() || it->second.state != State::kCatchingUp) return;
  End(number, *std::move(it->second.done));
}

void ForwardCore::OnTime(MonoTime now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const uint64_t number = deadlines_.begin()->second;
    Write& write = writes_.at(number);
    if (write.state == State::kCatchingUp) {
      // It is done; that this node has it not yet is told by the receipt.
      End(number, *std::move(write.done));
    } else {
      EndInTime(number, write);
    }
  }
  Pump(now);
}

void ForwardCore::Cancel(uint64_t number, MonoTime now) {
  const auto it = writes_.find(number);
  if (it == writes_.end()) return;
  const Write& write = it->second;
  const bool unknown = write.in_doubt || write.state == State::kUnderWay ||
                       write.state == State::kCatchingUp;
  absl::Status status = absl::CancelledError(
      unknown ? "nobody waits for the write any more: its outcome is unknown"
              : "the write was cancelled; nothing was applied");
  if (write.done) {
    status = WithReceipt(std::move(status), write.done->receipt);
  } else if (write.receipt) {
    status = WithReceipt(std::move(status), *write.receipt);
  }
  End(number, std::move(status));
  Pump(now);
}

void ForwardCore::CancelAll(MonoTime now) {
  route_.reset();
  while (!writes_.empty()) Cancel(writes_.begin()->first, now);
}

std::vector<ForwardCore::Action> ForwardCore::TakeActions() {
  return std::exchange(actions_, {});
}

MonoTime ForwardCore::next_time() const {
  MonoTime next = deadlines_.empty() ? MonoTime::InfiniteFuture()
                                     : deadlines_.begin()->first;
  if (!route_) return next;
  for (const uint64_t number : idle_)
    next = std::min(next, writes_.at(number).retry_at);
  return next;
}

ForwardCounters ForwardCore::counters() const {
  ForwardCounters counters = counters_;
  for (const auto& [number, write] : writes_) {
    counters.under_way += write.state == State::kUnderWay;
    counters.waiting +=
        write.state == State::kWaiting || write.state == State::kIdle;
  }
  return counters;
}

// Slots for those that wait, and a copy of each whose time has come.
void ForwardCore::Pump(MonoTime now) {
  while (!waiting_.empty() && !free_slots_.empty()) {
    const uint64_t number = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    Write& write = writes_.at(number);
    write.slot = free_slots_.back();
    free_slots_.pop_back();
    write.sequence = ++sequences_[*write.slot];
    write.state = State::kIdle;
    write.retry_at = now;
    idle_.insert(number);
  }
  if (!route_) return;
  for (auto it = idle_.begin(); it != idle_.end();) {
    const uint64_t number = *it;
    Write& write = writes_.at(number);
    if (write.retry_at > now) {
      ++it;
      continue;
    }
    it = idle_.erase(it);
    if (IsTooLate(write, now)) {
      EndInTime(number, write);
    } else {
      SendCopy(number, write, now);
    }
  }
}

// Its entry might have expired, and a copy be taken for a new write.
bool ForwardCore::IsTooLate(const Write& write, MonoTime now) {
  return write.first_sent && now - *write.first_sent > kRetryFor;
}

void ForwardCore::SendCopy(uint64_t number, Write& write, MonoTime now) {
  ++(write.first_sent ? counters_.retried : counters_.sent);
  if (!write.first_sent) write.first_sent = now;
  write.state = State::kUnderWay;
  ++write.copy;
  actions_.push_back(
      Send{.write = number,
           .copy = write.copy,
           .slot = *write.slot,
           .sequence = write.sequence,
           .in_doubt = write.in_doubt,
           .route = *route_,
           .time_left = ForTheMaster(write.caller_deadline - now)});
}

void ForwardCore::Retry(uint64_t number, Write& write, MonoTime now) {
  const int doublings = std::min(write.tries++, kDoublingsMax);
  const absl::Duration pause =
      std::min(options_.retry_min * (1 << doublings), options_.retry_max);
  write.retry_at = now + random_.Between(pause / 2, pause);
  write.state = State::kIdle;
  idle_.insert(number);
}

void ForwardCore::Done(uint64_t number, Write& write, ForwardReply reply,
                       MonoTime now) {
  if (!reply.status.ok()) {
    return End(number,
               reply.receipt.index == 0
                   ? std::move(reply.status)
                   : WithReceipt(std::move(reply.status), reply.receipt));
  }
  // Its slot is free: it is known to be answered.
  FreeSlot(write);
  write.state = State::kCatchingUp;
  write.done = std::move(reply);
  SetDeadline(number, write,
              std::min(write.caller_deadline, now + options_.catch_up_max));
  actions_.push_back(CatchUp{.write = number,
                             .receipt = write.done->receipt,
                             .deadline = write.deadline});
}

void ForwardCore::EndInTime(uint64_t number, const Write& write) {
  if (write.in_doubt || write.state == State::kUnderWay) {
    return EndUnknown(number, write,
                      write.last.ok()
                          ? absl::DeadlineExceededError("no answer came")
                          : write.last);
  }
  if (!write.last.ok()) return End(number, write.last);
  if (route_) {
    return End(number,
               absl::ResourceExhaustedError(
                   "too many writes were being forwarded for all of the "
                   "time-out; nothing was applied"));
  }
  End(number, absl::UnavailableError("no master was known for all of the "
                                     "time-out; nothing was applied"));
}

void ForwardCore::EndUnknown(uint64_t number, const Write& write,
                             absl::Status why) {
  ++counters_.unknown;
  absl::Status status = absl::DeadlineExceededError(
      absl::StrCat("forwarded to the master, and not known to be done: the "
                   "outcome is unknown (",
                   std::string(why.message()), ")"));
  if (write.receipt) status = WithReceipt(std::move(status), *write.receipt);
  End(number, std::move(status));
}

// `result` may be of the write itself.
void ForwardCore::End(uint64_t number, absl::StatusOr<ForwardReply> result) {
  const auto it = writes_.find(number);
  Write& write = it->second;
  const absl::Status& status = result.status();
  counters_.refused += !status.ok() && !absl::IsDeadlineExceeded(status) &&
                       !absl::IsCancelled(status);
  FreeSlot(write);
  waiting_.erase(number);
  idle_.erase(number);
  deadlines_.erase({write.deadline, number});
  bytes_ -= write.bytes;
  actions_.push_back(Finish{number, std::move(result)});
  writes_.erase(it);
}

void ForwardCore::SetDeadline(uint64_t number, Write& write,
                              MonoTime deadline) {
  deadlines_.erase({write.deadline, number});
  write.deadline = deadline;
  deadlines_.insert({deadline, number});
}

void ForwardCore::FreeSlot(Write& write) {
  if (!write.slot) return;
  free_slots_.push_back(*write.slot);
  write.slot.reset();
}

}  // namespace vigil
