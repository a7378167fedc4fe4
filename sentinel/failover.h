// Failover: what the elected leader does with its epoch.
//
//                                none
//                                  │ Begin: elected
//   select_replica                 ▼
//        fresh views of the members: enough formed ones, or all?
//                                  │ Fence(e)
//   wait_fences                    ▼
//        their promises and positions: who has the most?
//                                  │ Promote(e), to one member only, ever
//   wait_promotion                 ▼
//        it is master
//                                  │ ReplicaOf(e) to the others
//   reconf_replicas                ▼
//        they follow ───────────▶ none
//
// Each step but the last one can end in an abort: it lasts longer than
// failover_timeout, somebody refuses, or too few are left.
//
// Aborted is final for the epoch: Promote is sent to one member only, ever, per
// epoch, and after any doubt (a time-out, a refusal) the next attempt has a new
// epoch. So an answer that is lost costs time and never makes two masters.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_FAILOVER_H_
#define VIGIL_SENTINEL_FAILOVER_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "sentinel/options.h"
#include "sentinel/outbox.h"
#include "sentinel/replica_selection.h"
#include "sentinel/topology.h"

namespace vigil::sentinel {

class Failover {
 public:
  enum class State {
    kNone,
    kSelectReplica,
    kWaitFences,
    kWaitPromotion,
    kReconfReplicas,
  };
  enum class Outcome { kDone, kAborted };

  // `topology` and `outbox` outlive it.
  Failover(const Options& options, Topology& topology, Outbox& outbox)
      : options_(options), topology_(topology), outbox_(outbox) {}

  // Leads `epoch`. Views count that answer pings from number `fresh_from` on.
  // `reasons` opens the explanation: who saw what, who voted.
  // REQUIRES: state() == kNone; the epoch's vote is saved and was never begun
  // before.
  void Begin(const Epoch& epoch, uint64_t fresh_from, std::string reasons,
             MonoTime now);

  void OnReply(const Answered& answered, MonoTime now);
  void OnFailure(const AskFailed& failed, MonoTime now);

  // Goes as far as what is known allows.
  void Advance(MonoTime now);

  // How the attempt ended, once.
  std::optional<Outcome> TakeOutcome();

  // Ends an attempt without a trace: nothing can be saved any more.
  void Cancel();

  State state() const { return state_; }
  bool running() const { return state_ != State::kNone; }
  // Of the attempt that runs, or of the last one.
  const std::string& explanation() const { return explanation_; }
  MonoTime deadline() const { return deadline_; }
  // Gives the present step its full time again, after a stall.
  void RestartTimeouts(MonoTime now) { entered_ = now; }

 private:
  void Enter(State state, const char* event, MonoTime now);
  void AdvanceSelection(MonoTime now);
  void AdvanceFences(MonoTime now);
  void AdvancePromotion(MonoTime now);
  void AdvanceReconfiguration(MonoTime now);
  void Fence(const FencePlan& plan, MonoTime now);
  void Promote(MonoTime now);
  void Reconfigure(MonoTime now);
  void Abort(const char* event, const std::string& why);
  void End(bool timed_out);
  bool Waiting(const std::set<std::string>& asked) const;
  std::vector<replication::MemberView> Promised() const;
  replication::Configuration ConfigurationAmong(
      const std::vector<replication::MemberView>& views) const;
  void Explain(const std::string& line);

  Options options_;
  Topology& topology_;
  Outbox& outbox_;

  State state_ = State::kNone;
  Epoch epoch_;
  uint64_t fresh_from_ = 0;
  MonoTime entered_;
  PromotionRule rule_ = PromotionRule::kFenceQuorum;
  // Asked in this state, no answer or failure yet.
  std::set<std::string> waiting_;
  std::map<std::string, replication::MemberView> promised_;
  std::optional<MonoTime> enough_since_;
  std::string chosen_;
  std::string explanation_;
  std::optional<Outcome> outcome_;
  MonoTime deadline_ = MonoTime::InfiniteFuture();
};

// As status shows it: "none", "select_replica", ...
std::string_view ToString(Failover::State state);

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_FAILOVER_H_
