// Monitor: the shell around the sentinel's core. One thread owns the core, steps it
// for what happens and when its time comes, and does what it decides.
//
//   Answer(question) ─▶ queue ─▶ thread: Sentinel::Step ─▶ transport, own member,
//   transport's answers ─▶                              └▶ saved state, events
//
// Time: the clock given.
// Thread-safety: all public methods, from any thread.
// Lifetime: the ports outlive it, and so does the transport. After Stop() no port
// and no callback is called any more, and every question is answered with
// kUnavailable.
#ifndef VIGIL_SENTINEL_MONITOR_H_
#define VIGIL_SENTINEL_MONITOR_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "replication/member.h"
#include "sentinel/event_queue.h"
#include "sentinel/options.h"
#include "sentinel/pending_replies.h"
#include "sentinel/persistent_state.h"
#include "sentinel/sentinel.h"
#include "sentinel/status.h"
#include "sentinel/transport.h"

namespace vigil::sentinel {

class Monitor final : public Answerer {
 public:
  struct Ports {
    Transport& transport;
    replication::MemberPort& member;
    const Clock& clock;
    // Keeps the bytes; durable when it returns OK. May block.
    std::function<absl::Status(const std::string& bytes)> save;
    // Called on the monitor's thread; must not block or call back in.
    std::function<void(const SentinelEvent&)> announce;
  };

  // `state` is what was last saved under this identity, {} at the first start.
  // REQUIRES: options.Validate() is OK.
  Monitor(const Options& options, const PersistentState& state, Ports ports);
  ~Monitor() override { Stop(); }

  void Start();
  void Stop();  // idempotent

  // The own member changed: look at it now and not only when time has passed.
  void MemberChanged() { queue_->Nudge(); }

  void Answer(
      Question question,
      std::function<void(absl::StatusOr<sentinel::Answer>)> reply) override;

  Status status() const;

 private:
  void Run();
  void StepAndExecute(const Event& event);
  // One overload an action.
  void Execute(Ask& action);
  void Execute(Reply& action);
  void Execute(PassToMember& action);
  void Execute(SaveState& action);
  void Execute(sentinel::Announce& action);
  void Abandon(const Action& action);
  void AskOwnMember(const Question& question,
                    std::function<void(sentinel::Answer)> done);

  const Options options_;
  const Ports ports_;
  // Shared with callbacks that may come after the end.
  const std::shared_ptr<EventQueue> queue_ = std::make_shared<EventQueue>();
  const std::shared_ptr<PendingReplies> pending_ =
      std::make_shared<PendingReplies>();

  Sentinel core_;             // only the thread touches it
  std::string save_failure_;  // of the step at hand: the rest of it is void

  mutable Mutex mu_;
  Status status_ ABSL_GUARDED_BY(mu_);
  MonoTime status_at_ ABSL_GUARDED_BY(mu_);

  Thread thread_;  // last: it uses the rest
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_MONITOR_H_
