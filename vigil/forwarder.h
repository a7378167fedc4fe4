// Forwarder: has the writes of this node done by its master; the shell of ForwardCore.
//
//   NodeImpl, AsyncWriter ─▶ Begin ─▶ ForwardCore ─▶ ForwardTransport ─▶ the master
//                                        ▲  │                               │
//        roles, vigil-forward: the time ─┘  └─ this node's log has it ◀─────┘
//                                                  └─▶ done
//
// What the core decides is carried out in its order by whoever is first to find that
// nobody does: so the writes of one thread reach the master in its order. Nobody does so
// for long, and the replicator's thread never: the rest is the thread's.
//
// Thread-safety: thread-safe. `done` is called under no lock, on any thread.
// Lifetime: what the constructor takes outlives it, and `transport` is closed and
// `caught_up` asks nobody any more before it is destroyed.
// Invariant: each write that has begun is told once, by Stop() at the latest.
#ifndef VIGIL_FORWARDER_H_
#define VIGIL_FORWARDER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "vigil/cancellable.h"
#include "vigil/command.h"
#include "vigil/forward_core.h"
#include "vigil/forward_transport.h"
#include "vigil/outcome.h"
#include "vigil/status.h"

namespace vigil {

struct ForwarderOptions {
  bool enabled = true;
  SessionId session;
  uint64_t seed = 0;
  size_t command_bytes_max = 32 << 20;
  ForwardCoreOptions core;
};

class Forwarder final : public Cancellable {
 public:
  using Done = std::function<void(absl::StatusOr<ForwardReply>)>;
  // Calls `then` when this node's log has the record, or will not, or at the deadline;
  // once or never.
  using AwaitRecord = std::function<void(const Receipt&, MonoTime deadline,
                                         std::function<void()> then)>;

  Forwarder(const ForwarderOptions& options, ForwardTransport& transport,
            AwaitRecord await_record, const Clock& clock);
  ~Forwarder() override { Stop(); }

  // Whether a write that this node has refused so is the master's, and there is time to
  // ask it.
  bool Takes(const absl::Status& refused, absl::Duration timeout) const {
    return options_.enabled && absl::IsFailedPrecondition(refused) &&
           timeout > absl::ZeroDuration();
  }
  // Does nothing here: the thread takes it up.
  void SetRoute(std::optional<ForwardRoute> route);

  // The result, within the command's timeout.
  template <typename Result>
  absl::StatusOr<Result> Await(Command command) {
    // Shared: who sets it may still be about it when it has been got.
    const auto told =
        std::make_shared<std::promise<absl::StatusOr<ForwardReply>>>();
    Begin(std::move(command), /*await_room=*/true,
          [told](auto result) { told->set_value(std::move(result)); });
    return ToResult<Result>(told->get_future().get());
  }
  // `done` is called exactly once, perhaps before the return. Returns what to cancel it
  // by. REQUIRES: the caller bounds how many there are.
  uint64_t Begin(Command command, bool await_room, Done done);
  void Cancel(uint64_t write) override;
  // Whoever waits is told kCancelled, and so is who begins. Idempotent.
  void Stop();

  ForwardCounters counters() const;

  template <typename Result>
  static absl::StatusOr<Result> ToResult(absl::StatusOr<ForwardReply> reply) {
    if (!reply.ok()) return std::move(reply).status();
    absl::StatusOr<Outcome> outcome = DecodeOutcome(reply->outcome);
    if (!outcome.ok()) return std::move(outcome).status();
    Result result{};
    FromOutcome(*std::move(outcome), result);
    ReceiptIn(result) = reply->receipt;
    return result;
  }

 private:
  struct Pending {
    std::shared_ptr<const Command> command;
    Done done;
  };

  enum class Then { kCarryOut, kLeaveIt };
  void Step(absl::FunctionRef<void(MonoTime now)> change,
            Then then = Then::kCarryOut);
  // At most so many actions; the rest is the thread's.
  void CarryOut(size_t actions_max);
  void LeaveToThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Execute(ForwardCore::Send& send);
  void Execute(ForwardCore::CatchUp& wait);
  void Execute(ForwardCore::Finish& finish);
  void Execute(ForwardCore::KeepOnly& keep);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Run();

  const ForwarderOptions options_;
  ForwardTransport& transport_;
  const AwaitRecord await_record_;
  const Clock& clock_;

  mutable Mutex mu_;
  CondVar changed_;
  ForwardCore core_ ABSL_GUARDED_BY(mu_);
  std::unordered_map<uint64_t, Pending> pending_ ABSL_GUARDED_BY(mu_);
  std::deque<ForwardCore::Action> actions_ ABSL_GUARDED_BY(mu_);
  bool carried_out_ ABSL_GUARDED_BY(mu_) = false;  // somebody does, or is to
  bool by_thread_ ABSL_GUARDED_BY(mu_) = false;    // that is the thread
  std::optional<ForwardRoute> route_ ABSL_GUARDED_BY(mu_);
  bool route_is_new_ ABSL_GUARDED_BY(mu_) = false;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  MonoTime sleeps_until_ ABSL_GUARDED_BY(mu_) = MonoTime::InfiniteFuture();
  Thread thread_;  // last: it uses the rest
};

}  // namespace vigil

#endif  // VIGIL_FORWARDER_H_
