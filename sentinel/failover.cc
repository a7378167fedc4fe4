#include "sentinel/failover.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sentinel/event_names.h"

namespace vigil::sentinel {

using replication::Configuration;
using replication::FenceReply;
using replication::FenceRequest;
using replication::MemberView;
using replication::PromoteReply;
using replication::PromoteRequest;
using replication::ReplicaOfRequest;

std::string_view ToString(Failover::State state) {
  switch (state) {
    case Failover::State::kNone:
      return "none";
    case Failover::State::kSelectReplica:
      return "select_replica";
    case Failover::State::kWaitFences:
      return "wait_fences";
    case Failover::State::kWaitPromotion:
      return "wait_promotion";
    case Failover::State::kReconfReplicas:
      return "reconf_replicas";
  }
  return "unknown";
}

void Failover::Begin(const Epoch& epoch, uint64_t fresh_from,
                     std::string reasons, MonoTime now) {
  epoch_ = epoch;
  fresh_from_ = fresh_from;
  promised_.clear();
  chosen_.clear();
  enough_since_.reset();
  explanation_ = absl::StrCat("epoch ", epoch.number, ": ", reasons);
  Enter(State::kSelectReplica, event_names::kSelectReplica, now);
}

void Failover::Enter(State state, const char* event, MonoTime now) {
  state_ = state;
  entered_ = now;
  outbox_.Announce(event, absl::StrCat("epoch ", epoch_.number));
}

void Failover::Explain(const std::string& line) {
  absl::StrAppend(&explanation_, "; ", line);
}

void Failover::Advance(MonoTime now) {
  State before;
  do {
    before = state_;
    deadline_ = entered_ + options_.failover_timeout;
    switch (state_) {
      case State::kNone:
        deadline_ = MonoTime::InfiniteFuture();
        break;
      case State::kSelectReplica:
        AdvanceSelection(now);
        break;
      case State::kWaitFences:
        AdvanceFences(now);
        break;
      case State::kWaitPromotion:
        AdvancePromotion(now);
        break;
      case State::kReconfReplicas:
        AdvanceReconfiguration(now);
        break;
    }
  } while (state_ != before);
}

void Failover::AdvanceSelection(MonoTime now) {
  if (const Instance* master = topology_.StandingMaster(); master != nullptr) {
    return Abort(event_names::kAbortMasterReturned,
                 absl::StrCat(master->name, " is master of epoch ",
                              master->view->epoch.number));
  }
  std::vector<MemberView> fresh;
  bool all_here = true;
  for (const Instance& instance : topology_.instances()) {
    if (!topology_.IsNamed(instance)) continue;
    const bool spoke = instance.own || instance.ping.answered >= fresh_from_;
    if (instance.reachable() && spoke) {
      fresh.push_back(*instance.view);
    } else if (!instance.sdown) {
      all_here = false;
    }
  }
  const FencePlan plan = PlanFence(ConfigurationAmong(fresh), fresh);
  const MonoTime patience = entered_ + options_.straggler_grace();
  if (all_here && !plan.rule.has_value()) {
    return Abort(event_names::kAbortNoGoodReplica, plan.why);
  }
  if (plan.rule.has_value() && (all_here || now >= patience))
    return Fence(plan, now);
  if (now >= deadline_)
    return Abort(event_names::kAbortNoGoodReplica, plan.why);
  if (plan.rule.has_value()) deadline_ = patience;
}

void Failover::Fence(const FencePlan& plan, MonoTime now) {
  rule_ = *plan.rule;
  Explain(plan.why);
  waiting_ = {plan.targets.begin(), plan.targets.end()};
  for (const std::string& name : plan.targets) {
    outbox_.AskFor(*topology_.Find(name), epoch_.number, FenceRequest{epoch_},
                   options_.failover_timeout);
  }
  Enter(State::kWaitFences, event_names::kWaitFences, now);
}

// Whether an answer may still come: one that is down is not waited for.
bool Failover::Waiting(const std::set<std::string>& asked) const {
  return std::any_of(asked.begin(), asked.end(), [&](const std::string& name) {
    return !topology_.Find(name)->sdown;
  });
}

std::vector<MemberView> Failover::Promised() const {
  std::vector<MemberView> views;
  for (const auto& [name, view] : promised_) views.push_back(view);
  return views;
}

// The one in the log with the greatest position counts, never one that is
// remembered; what is known serves until one is recorded. A node need not be named by
// what this one remembers: what its log names holds.
Configuration Failover::ConfigurationAmong(
    const std::vector<MemberView>& views) const {
  const Lineage lineage = topology_.own().view->lineage;
  const MemberView* best = nullptr;
  for (const MemberView& view : views) {
    if (view.configuration.version == 0) continue;
    if (lineage && view.lineage != lineage) continue;
    if (best == nullptr || view.position > best->position) best = &view;
  }
  return best == nullptr ? topology_.configuration() : best->configuration;
}

void Failover::AdvanceFences(MonoTime now) {
  const std::vector<MemberView> promised = Promised();
  const bool enough =
      EnoughPromised(rule_, ConfigurationAmong(promised), promised);
  if (enough && !enough_since_.has_value()) enough_since_ = now;
  if (!Waiting(waiting_)) {
    if (enough) return Promote(now);
    return Abort(event_names::kAbortNotFenced,
                 absl::StrCat("only ", promised.size(), " promised"));
  }
  if (now >= deadline_) {
    return Abort(event_names::kAbortNotFenced, "not enough promised in time");
  }
  if (!enough) return;
  const MonoTime patience = *enough_since_ + options_.straggler_grace();
  if (now >= patience) return Promote(now);
  deadline_ = patience;
}

void Failover::Promote(MonoTime now) {
  const std::vector<MemberView> promised = Promised();
  const Configuration configuration = ConfigurationAmong(promised);
  for (const MemberView& view : promised) {
    Explain(absl::StrCat("fenced ", DescribeCandidate(view)));
  }
  const Selection selection = SelectReplica(rule_, configuration, promised);
  if (!selection.chosen.has_value()) {
    return Abort(event_names::kAbortNoGoodReplica, selection.why);
  }
  const MemberView& chosen = *selection.chosen;
  Explain(absl::StrCat("chosen ", chosen.name, ": ", selection.why));
  if (rule_ == PromotionRule::kAllMembers && chosen.position != Position{}) {
    Explain(
        "too few were formed: what only the disks that lost power held is "
        "missing");
  }
  chosen_ = chosen.name;
  const Instance& instance = *topology_.Find(chosen_);
  outbox_.Announce(event_names::kSelectedReplica,
                   absl::StrCat(topology_.Describe(instance), " position ",
                                vigil::ToString(chosen.position)));
  waiting_ = {chosen_};
  outbox_.AskFor(
      instance, epoch_.number,
      PromoteRequest{
          .epoch = epoch_,
          .position = chosen.position,
          .nonce = chosen.nonce,
          .all_members = rule_ == PromotionRule::kAllMembers,
          .configuration = ConfigurationToRecord(configuration, promised)},
      options_.failover_timeout);
  Enter(State::kWaitPromotion, event_names::kWaitPromotion, now);
}

void Failover::AdvancePromotion(MonoTime now) {
  if (now < deadline_ && Waiting(waiting_)) return;
  Abort(event_names::kAbortReplicaTimeout,
        absl::StrCat(chosen_, " did not answer; it may or may not be master"));
}

void Failover::Reconfigure(MonoTime now) {
  const Instance& master = *topology_.Find(chosen_);
  outbox_.Announce(event_names::kPromotedReplica, topology_.Describe(master));
  Enter(State::kReconfReplicas, event_names::kReconfReplicas, now);
  waiting_.clear();
  for (const Instance& instance : topology_.instances()) {
    // One that is down is told by its own sentinel when it is back.
    if (instance.name == chosen_ || instance.sdown) continue;
    waiting_.insert(instance.name);
    outbox_.AskFor(instance, epoch_.number,
                   ReplicaOfRequest{.epoch = epoch_,
                                    .master_name = master.name,
                                    .master_address = master.address,
                                    .master_id = master.view->id},
                   options_.failover_timeout);
  }
}

void Failover::AdvanceReconfiguration(MonoTime now) {
  if (!Waiting(waiting_)) return End(false);
  if (now >= deadline_) return End(true);
}

void Failover::OnReply(const Answered& answered, MonoTime now) {
  if (answered.round != epoch_.number || !waiting_.contains(answered.from))
    return;
  if (const auto* fence = std::get_if<FenceReply>(&answered.answer);
      fence != nullptr && state_ == State::kWaitFences) {
    waiting_.erase(answered.from);
    if (fence->promised) {
      promised_[answered.from] = fence->view;
    } else if (fence->view.promise > epoch_) {
      return Abort(event_names::kAbortStaleEpoch,
                   absl::StrCat(answered.from, " has promised epoch ",
                                fence->view.promise.number));
    } else {
      // It cannot promise anything any more. The others may be enough.
      Explain(absl::StrCat(answered.from, " does not promise",
                           fence->view.healthy ? "" : ": its storage failed"));
    }
  } else if (const auto* promote = std::get_if<PromoteReply>(&answered.answer);
             promote != nullptr && state_ == State::kWaitPromotion) {
    waiting_.erase(answered.from);
    if (promote->promoted) return Reconfigure(now);
    Abort(event_names::kAbortRefused,
          absl::StrCat(answered.from, " refused: ", promote->refusal));
  } else if (TopicOf(answered.answer) == Topic::kReplicaOf &&
             state_ == State::kReconfReplicas) {
    waiting_.erase(answered.from);
    outbox_.Announce(event_names::kReplicaReconfDone,
                     topology_.Describe(*topology_.Find(answered.from)));
  }
}

void Failover::OnFailure(const AskFailed& failed, MonoTime now) {
  (void)now;
  if (!running() || failed.round != epoch_.number) return;
  const bool awaited =
      (failed.topic == Topic::kFence && state_ == State::kWaitFences) ||
      (failed.topic == Topic::kPromote && state_ == State::kWaitPromotion) ||
      (failed.topic == Topic::kReplicaOf && state_ == State::kReconfReplicas);
  if (awaited && waiting_.erase(failed.to) > 0) {
    Explain(absl::StrCat(failed.to, " failed: ", failed.why));
  }
}

void Failover::Abort(const char* event, const std::string& why) {
  Explain(absl::StrCat("aborted: ", why));
  outbox_.Announce(event, absl::StrCat("epoch ", epoch_.number, " ", why));
  outbox_.Announce(event_names::kExplanation, explanation_);
  outcome_ = Outcome::kAborted;
  Cancel();
}

void Failover::End(bool timed_out) {
  const std::string master = topology_.Describe(*topology_.Find(chosen_));
  if (timed_out) outbox_.Announce(event_names::kFailoverEndForTimeout, master);
  outbox_.Announce(event_names::kFailoverEnd, master);
  outbox_.Announce(event_names::kExplanation, explanation_);
  outcome_ = Outcome::kDone;
  Cancel();
}

void Failover::Cancel() {
  state_ = State::kNone;
  waiting_.clear();
  deadline_ = MonoTime::InfiniteFuture();
}

std::optional<Failover::Outcome> Failover::TakeOutcome() {
  return std::exchange(outcome_, {});
}

}  // namespace vigil::sentinel
