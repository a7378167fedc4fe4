#include "sentinel/voter.h"

#include "absl/strings/str_cat.h"

namespace vigil::sentinel {

std::string Voter::Refusal(const VoteRequest& request, NodeId candidate,
                           const Circumstances& now) const {
  if (retired()) return absl::StrCat("no voter: ", retired_);
  if (!now.voter_is_member) return "no voter: not in the group's configuration";
  if (!now.candidate_is_member)
    return "the candidate is not in the group's configuration";
  if (!request.pre && request.number == state_.vote.number) {
    // The same answer again: the first may have been lost on the way.
    if (candidate == state_.vote.candidate) return "";
    return absl::StrCat("voted for ", ToString(state_.vote.candidate));
  }
  // Equal to the epoch seen is allowed: the candidate's own ping may have told
  // of it.
  if (request.number < state_.epoch || request.number <= state_.vote.number) {
    return absl::StrCat("has seen epoch ", state_.epoch);
  }
  if (!request.pre) return "";
  if (!now.master_down)
    return "sees a master, or has not looked for long enough";
  if (now.leads) return "leads a failover itself";
  // Of two candidates that ask each other, exactly one gives way.
  if (now.pre_candidate && state_.owner < candidate)
    return "is a candidate itself";
  return "";
}

Voter::Verdict Voter::Judge(const VoteRequest& request, NodeId candidate,
                            const Circumstances& now) {
  Verdict verdict;
  verdict.reply.refusal = Refusal(request, candidate, now);
  verdict.reply.granted = verdict.reply.refusal.empty();
  verdict.reply.voter = state_.owner;
  if (verdict.reply.granted && !request.pre) {
    const Vote vote{request.number, candidate};
    verdict.must_save = vote != state_.vote;
    state_.vote = vote;
    Saw(request.number);
  }
  verdict.reply.epoch = state_.epoch;
  return verdict;
}

uint64_t Voter::VoteForSelf() {
  ++state_.epoch;
  state_.vote = {state_.epoch, state_.owner};
  return state_.epoch;
}

bool Voter::Saw(uint64_t number) {
  if (number <= state_.epoch) return false;
  state_.epoch = number;
  return true;
}

}  // namespace vigil::sentinel
