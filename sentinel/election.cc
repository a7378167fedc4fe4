#include "sentinel/election.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sentinel/event_names.h"
#include "sentinel/replica_selection.h"

namespace vigil::sentinel {

Election::Election(const Options& options, const PersistentState& state,
                   Topology& topology, Outbox& outbox)
    : options_(options),
      topology_(topology),
      outbox_(outbox),
      random_(options.seed),
      voter_(options.id, state),
      back_off_(options.election_timeout(), options.failover_timeout) {}

void Election::Vote(const QuestionAsked& asked, const Situation& situation,
                    MonoTime now) {
  const auto& request = std::get<VoteRequest>(asked.question.body);
  const auto& configuration = topology_.configuration();
  const Voter::Verdict verdict = voter_.Judge(
      request, asked.question.id,
      {.voter_is_member = IsMember(configuration, options_.name, options_.id),
       .candidate_is_member =
           IsMember(configuration, asked.question.from, asked.question.id),
       .master_down = situation.master_down,
       .pre_candidate = phase_ == Phase::kPreVote,
       .leads = situation.leads || phase_ == Phase::kVote});
  if (verdict.must_save) {
    outbox_.Save(Encode(voter_.state()));
    outbox_.Announce(event_names::kNewEpoch, absl::StrCat(request.number));
    outbox_.Announce(event_names::kVoteForLeader,
                     absl::StrCat(asked.question.from, " ", request.number));
  }
  outbox_.Add(Reply{asked.token, Answer(verdict.reply)});
  if (!verdict.reply.granted) return;
  if (request.pre) {
    if (phase_ == Phase::kPreVote || phase_ == Phase::kDelay) Idle();
    // Not prolonged by asking again: who cannot win must not keep others from it.
    if (now < gave_way_until_) return;
    gave_way_until_ = now + std::min(absl::Seconds(1), options_.down_after / 2);
    Hold(gave_way_until_);
  } else {
    Hold(now + options_.down_after);
  }
}

void Election::Hold(MonoTime until) {
  not_before_ = std::max(not_before_, until);
}

void Election::Idle() { phase_ = Phase::kIdle; }

bool Election::MayTry(const Situation& situation, MonoTime now) {
  if (!situation.odown) said_refused_ = said_infeasible_ = false;
  if (!situation.odown || !situation.trusted || situation.leads ||
      voter_.retired()) {
    return false;
  }
  if (!IsMember(topology_.configuration(), options_.name, options_.id))
    return false;

  MonoTime from = not_before_;
  if (topology_.PromiseIsUnused() && promise_.leader != options_.id) {
    from = std::max(from, promise_since_ + options_.down_after);
  }
  if (now < from) {
    deadline_ = from;
    return false;
  }
  // A failover that cannot succeed would cost an epoch and a back-off, and the
  // member that makes it possible may be here in the next moment.
  const FencePlan plan =
      PlanFence(topology_.configuration(), topology_.ReachableViews());
  if (!plan.rule.has_value() && !std::exchange(said_infeasible_, true)) {
    outbox_.Announce(event_names::kAbortNoGoodReplica, plan.why);
  }
  return plan.rule.has_value();
}

void Election::Advance(const Situation& situation, MonoTime now) {
  deadline_ = MonoTime::InfiniteFuture();
  if (const Epoch highest = topology_.HighestPromise(); highest != promise_) {
    promise_ = highest;
    promise_since_ = now;
  }
  if (topology_.StandingMaster() !=
      nullptr) {  // whatever there was to wait for is over
    Idle();
    back_off_.Reset();
    not_before_ = {INT64_MIN};
  }
  if (phase_ == Phase::kVote || phase_ == Phase::kPreVote)
    return AdvanceBallot(now);
  if (!MayTry(situation, now)) return Idle();
  if (phase_ == Phase::kIdle) {
    phase_ = Phase::kDelay;
    until_ = now;
    if (topology_.size() > 1) {
      until_ = now + random_.Between(absl::ZeroDuration(),
                                     options_.candidacy_delay_max());
    }
  }
  deadline_ = until_;
  if (now >= until_) BeginPreVote(now);
}

void Election::AdvanceBallot(MonoTime now) {
  deadline_ = until_;
  const bool lost = ballot_.lost() || now >= until_;
  if (phase_ == Phase::kPreVote) {
    if (ballot_.won()) {
      BeginVote(now);
    } else if (lost) {
      Idle();
      Hold(now +
           random_.Between(options_.ping_period(), 2 * options_.ping_period()));
      if (!std::exchange(said_refused_, true)) {
        outbox_.Announce(event_names::kPreVoteRefused,
                         absl::StrCat("votes ", ballot_.ToString(), refusals_));
      }
    }
    return;
  }
  if (ballot_.won()) {
    Idle();
    win_ = Win{{number_, options_.id}, fresh_from_, ballot_.ToString()};
    outbox_.Announce(event_names::kElectedLeader,
                     absl::StrCat(options_.name, " ", number_, " votes ",
                                  ballot_.ToString()));
  } else if (lost) {
    Idle();
    Hold(now + back_off_.Next(random_));
    outbox_.Announce(event_names::kAbortNotElected,
                     absl::StrCat("epoch ", number_, " votes ",
                                  ballot_.ToString(), refusals_));
  }
}

void Election::BeginPreVote(MonoTime now) {
  phase_ = Phase::kPreVote;
  fresh_from_ = topology_.newest_ping() + 1;
  topology_.HurryPings(now);
  AskAll(true, voter_.epoch() + 1, now);
  AdvanceBallot(now);
}

void Election::BeginVote(MonoTime now) {
  phase_ = Phase::kVote;
  const uint64_t number = voter_.VoteForSelf();
  outbox_.Save(Encode(voter_.state()));
  outbox_.Announce(event_names::kNewEpoch, absl::StrCat(number));
  outbox_.Announce(
      event_names::kTryFailover,
      absl::StrCat(
          "master ",
          topology_.newest_master().empty() ? "-" : topology_.newest_master(),
          " ", topology_.HostAndPort(topology_.newest_master())));
  outbox_.Announce(event_names::kVoteForLeader,
                   absl::StrCat(options_.name, " ", number));
  AskAll(false, number, now);
  AdvanceBallot(now);
}

void Election::AskAll(bool pre, uint64_t number, MonoTime now) {
  number_ = number;
  ++round_;
  refusals_.clear();
  until_ = now + options_.election_timeout();
  ballot_ = Ballot(topology_.configuration(), topology_.quorum());
  ballot_.Grant(options_.name, options_.id);
  for (const Instance& instance : topology_.instances()) {
    if (instance.own || !topology_.IsNamed(instance)) continue;
    outbox_.AskFor(instance, round_, VoteRequest{pre, number},
                   options_.election_timeout());
  }
}

void Election::OnReply(const Answered& answered) {
  const auto& reply = std::get<VoteReply>(answered.answer);
  Saw(reply.epoch);
  if (!active() || answered.round != round_) return;
  if (reply.granted) {
    ballot_.Grant(answered.from, reply.voter);
  } else {
    ballot_.Refuse(answered.from);
    absl::StrAppend(&refusals_, "; ", answered.from, ": ", reply.refusal);
  }
}

void Election::OnFailure(const AskFailed& failed) {
  if (!active() || failed.round != round_) return;
  ballot_.Refuse(failed.to);
  absl::StrAppend(&refusals_, "; ", failed.to, ": ", failed.why);
}

std::optional<Election::Win> Election::TakeWin() {
  return std::exchange(win_, {});
}

void Election::FailoverAborted(MonoTime now) {
  Hold(now + back_off_.Next(random_));
}

void Election::Saw(uint64_t number) {
  if (voter_.Saw(number)) {
    outbox_.Announce(event_names::kNewEpoch, absl::StrCat(number));
  }
}

void Election::Retire(const std::string& why) {
  voter_.Retire(why);
  Idle();
  win_.reset();
}

void Election::RestartTimeouts(MonoTime now) {
  if (active()) until_ = std::max(until_, now + options_.election_timeout());
}

}  // namespace vigil::sentinel
