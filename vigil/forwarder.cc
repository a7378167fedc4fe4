#include "vigil/forwarder.h"

#include <variant>

#include "absl/strings/str_cat.h"

namespace vigil {
namespace {

// Of others that a caller carries out, at most.
constexpr size_t kActionsMax = 64;

}  // namespace

Forwarder::Forwarder(const ForwarderOptions& options,
                     ForwardTransport& transport, AwaitRecord await_record,
                     const Clock& clock)
    : options_(options),
      transport_(transport),
      await_record_(std::move(await_record)),
      clock_(clock),
      core_(options.core, options.seed) {
  if (options_.enabled) thread_ = Thread("vigil-forward", [this] { Run(); });
}

void Forwarder::SetRoute(std::optional<ForwardRoute> route) {
  MutexLock lock(mu_);
  route_ = std::move(route);
  route_is_new_ = true;
  changed_.NotifyAll();
}

uint64_t Forwarder::Begin(Command command, bool await_room, Done done) {
  const size_t bytes = command.bytes();
  if (bytes > options_.command_bytes_max) {
    done(absl::InvalidArgumentError(absl::StrCat(
        "the write has ", bytes,
        " bytes; allowed when it is forwarded: ", options_.command_bytes_max)));
    return 0;
  }
  absl::StatusOr<uint64_t> number =
      absl::CancelledError("the node is being destroyed; nothing was applied");
  const absl::Duration timeout = command.timeout;
  auto shared = std::make_shared<const Command>(std::move(command));
  Step([&](MonoTime now) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (stopped_) return;
    number = core_.Begin(now + timeout, await_room, bytes, now);
    if (number.ok())
      pending_.emplace(*number, Pending{std::move(shared), std::move(done)});
  });
  if (number.ok()) return *number;
  done(std::move(number).status());
  return 0;
}

void Forwarder::Cancel(uint64_t write) {
  Step([&](MonoTime now)
           ABSL_NO_THREAD_SAFETY_ANALYSIS { core_.Cancel(write, now); });
}

void Forwarder::Stop() {
  Step([&](MonoTime now) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    stopped_ = true;
    core_.CancelAll(now);
    changed_.NotifyAll();
  });
  // Another thread may carry out what is left.
  {
    MutexLock lock(mu_);
    while (carried_out_) changed_.Wait(mu_);
  }
  thread_.Join();
}

ForwardCounters Forwarder::counters() const {
  MutexLock lock(mu_);
  return core_.counters();
}

void Forwarder::Step(absl::FunctionRef<void(MonoTime now)> change, Then then) {
  {
    MutexLock lock(mu_);
    change(clock_.Mono());
    for (ForwardCore::Action& each : core_.TakeActions())
      actions_.push_back(std::move(each));
    if (core_.next_time() < sleeps_until_) changed_.NotifyAll();
    if (carried_out_ || actions_.empty()) return;
    carried_out_ = true;
    if (then == Then::kLeaveIt) return LeaveToThread();
  }
  CarryOut(kActionsMax);
}

void Forwarder::LeaveToThread() {
  by_thread_ = true;
  changed_.NotifyAll();
}

void Forwarder::CarryOut(size_t actions_max) {
  for (size_t i = 0;; ++i) {
    std::optional<ForwardCore::Action> action;
    {
      MutexLock lock(mu_);
      if (actions_.empty()) {
        carried_out_ = false;
        if (stopped_) changed_.NotifyAll();
        return;
      }
      if (i == actions_max) return LeaveToThread();
      action.emplace(std::move(actions_.front()));
      actions_.pop_front();
    }
    std::visit([this](auto& each) { Execute(each); }, *action);
  }
}

void Forwarder::Execute(ForwardCore::Send& send) {
  ForwardRequest request{.session = options_.session,
                         .slot = send.slot,
                         .sequence = send.sequence,
                         .epoch = send.route.epoch,
                         .in_doubt = send.in_doubt,
                         .command = nullptr,
                         .time_left = send.time_left};
  {
    MutexLock lock(mu_);
    const auto it = pending_.find(send.write);
    if (it == pending_.end()) return;  // it has ended meanwhile
    request.command = it->second.command;
  }
  transport_.Call(send.route.address, request,
                  [this, write = send.write,
                   copy = send.copy](absl::StatusOr<ForwardReply> answer) {
                    Step([&](MonoTime now) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                      core_.OnAnswer(write, copy, std::move(answer), now);
                    });
                  });
}

void Forwarder::Execute(ForwardCore::CatchUp& wait) {
  await_record_(wait.receipt, wait.deadline, [this, write = wait.write] {
    Step([&](MonoTime)
             ABSL_NO_THREAD_SAFETY_ANALYSIS { core_.OnCaughtUp(write); },
         Then::kLeaveIt);
  });
}

void Forwarder::Execute(ForwardCore::Finish& finish) {
  Done done;
  {
    MutexLock lock(mu_);
    const auto it = pending_.find(finish.write);
    done = std::move(it->second.done);
    pending_.erase(it);
  }
  done(std::move(finish.result));
}

void Forwarder::Execute(ForwardCore::KeepOnly& keep) {
  transport_.KeepOnly(keep.address);
}

// At the end it stays for as long as others carry out what they may leave to it.
bool Forwarder::HasWork() const {
  if (by_thread_) return true;
  if (stopped_) return !carried_out_;
  return route_is_new_ || clock_.Mono() >= core_.next_time();
}

void Forwarder::Run() {
  for (;;) {
    bool carry_out = false;
    {
      MutexLock lock(mu_);
      while (!HasWork()) {
        sleeps_until_ =
            stopped_ ? MonoTime::InfiniteFuture() : core_.next_time();
        changed_.WaitUntil(mu_, sleeps_until_);
      }
      sleeps_until_ = MonoTime::InfiniteFuture();
      carry_out = std::exchange(by_thread_, false);
      if (stopped_ && !carry_out) return;
    }
    if (carry_out) {
      CarryOut(SIZE_MAX);
      continue;
    }
    Step([&](MonoTime now) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      if (stopped_) return;
      if (std::exchange(route_is_new_, false)) core_.OnRoute(route_, now);
      core_.OnTime(now);
    });
  }
}

}  // namespace vigil
