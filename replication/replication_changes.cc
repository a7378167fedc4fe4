// Changes of members, as the master makes them:
//
//   asked ─▶ caught up? ─▶ joint appended ─▶ committed ─▶ final appended ─▶ committed
//            enough in reach?  in force at once              in force at once   └ answered
//
// A joint configuration that a new master finds in its log is brought to its end in the
// same way, whoever asked for it. What is asked for waits until that is done.
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "replication/change_request.h"
#include "replication/replication_core.h"

namespace vigil::replication {

void ReplicationCore::On(const ChangeAsked& event, MonoTime) {
  absl::Status refusal;
  if (!leader_) {
    refusal = absl::FailedPreconditionError("this node is not the master");
  } else if (change_.has_value()) {
    refusal = absl::UnavailableError(absl::StrCat(
        "another change is under way: ", ToString(change_->request),
        "; one at a time"));
  }
  if (!refusal.ok()) {
    actions_.push_back(AnswerChange{event.token, std::move(refusal)});
    return;
  }
  change_ = {.token = event.token,
             .request = event.request,
             .deadline = event.deadline,
             .asked_at = log_.last,
             .waits_for = {}};
}

void ReplicationCore::On(const ConfigurationAppended& event, MonoTime now) {
  if (!leader_ || !state_.appending.has_value()) return;
  const Configuration configuration =
      std::exchange(state_.appending, {})->configuration;
  if (event.index != 0) {
    state_.configurations.Append(event.index, configuration);
    leader_->SetConfiguration(configuration, now);
  }
  actions_.push_back(Persist{state_});
}

// On disk before it is in the log, but for its index: after a crash in between it is
// found behind `after`, or has not happened.
void ReplicationCore::Append(Configuration configuration) {
  std::string record = EncodeConfiguration(configuration);
  actions_.push_back(Report{
      .line = absl::StrCat(
          configuration.joint() ? "changing the members to " : "members: ",
          ToString(configuration), " (version ", configuration.version, ")")});
  state_.appending = {log_.last, std::move(configuration)};
  actions_.push_back(Persist{state_});
  actions_.push_back(AppendConfiguration{std::move(record)});
}

void ReplicationCore::AdvanceChange(MonoTime now) {
  if (!leader_ || state_.appending.has_value()) return;
  const Configuration& present = configuration();
  const bool committed =
      leader_->commit() > 0 &&
      leader_->commit() >= state_.configurations.newest_index();
  if (committed && present.joint()) return Append(FinalOf(present));
  if (committed && change_.has_value()) {
    if (change_->begun) {
      AnswerChangeAsked(absl::OkStatus());
    } else {
      BeginChange();
    }
  }
  if (change_.has_value() && now >= change_->deadline) {
    AnswerChangeAsked(
        change_->begun
            ? absl::DeadlineExceededError(
                  "the change is in the log, and not committed yet: it will "
                  "be made unless a failover takes it back")
            : absl::UnavailableError(change_->waits_for.empty()
                                         ? "the change before is under way"
                                         : change_->waits_for));
  }
  if (!state_.appending.has_value() && committed && !present.joint() &&
      present.Find(state_.id) == nullptr) {
    StepDown("it is no member any more");
  }
}

void ReplicationCore::BeginChange() {
  std::vector<Member> followers;
  for (const auto& [link, follower] : replica_links_)
    followers.push_back(follower);
  absl::StatusOr<Change> change =
      Decide(change_->request, configuration(), followers);
  // Who is to come may still be on its way.
  if (absl::IsUnavailable(change.status())) {
    change_->waits_for = std::string(change.status().message());
    return;
  }
  if (!change.ok()) return AnswerChangeAsked(change.status());
  change_->waits_for = WhyNotYet(*change);
  if (!change_->waits_for.empty()) return;
  change_->begun = true;
  Append(std::move(change->target));
}

// "A newcomer catches up before it is named." And what cannot be committed is not begun:
// until then nothing else could be, either.
std::string ReplicationCore::WhyNotYet(const Change& change) const {
  const auto& replicas = leader_->replicas();
  const auto level = [&](NodeId id, uint64_t index) {
    const auto it = replicas.find(id);
    return it != replicas.end() && it->second.linked && it->second.formed &&
           it->second.held >= index;
  };
  if (change.newcomer && !level(change.newcomer, change_->asked_at)) {
    const auto it = replicas.find(change.newcomer);
    const uint64_t held = it == replicas.end() ? 0 : it->second.held;
    return absl::StrCat(
        "the newcomer has not caught up: it holds the log up "
        "to ",
        held, " of ", log_.last);
  }
  const bool in_reach = change.target.IsCommitQuorum([&](const Member& member) {
    return member.id == state_.id || level(member.id, 0);
  });
  return in_reach ? "" : "too few members are in reach to commit the change";
}

void ReplicationCore::AnswerChangeAsked(const absl::Status& status) {
  if (!change_.has_value()) return;
  actions_.push_back(AnswerChange{change_->token, status});
  change_.reset();
}

std::string ReplicationCore::change_waits_for() const {
  return change_.has_value() ? change_->waits_for : "";
}

}  // namespace vigil::replication
