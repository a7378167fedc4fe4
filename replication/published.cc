#include "replication/published.h"

#include <tuple>

namespace vigil::replication {
namespace {

auto Noticeable(const ReplicatorStatus& s) {
  const MemberView& v = s.view;
  return std::tie(v.role, v.epoch, v.master, v.linked, v.promise, v.lineage,
                  v.formed, v.exact, v.healthy, v.history_epoch,
                  v.configuration, s.settled_master, s.isolated, s.refusal);
}

auto OfTheLog(const ReplicatorStatus& s) {
  return std::tie(s.syncing, s.full_syncs, s.rewinds);
}

}  // namespace

MemberView Published::ViewAt(uint64_t last_index) const {
  MutexLock lock(mu_);
  MemberView view = status_.view;
  view.position = history_.PositionAt(last_index);
  return view;
}

ReplicatorStatus Published::status() const {
  MutexLock lock(mu_);
  return status_;
}

History Published::history() const {
  MutexLock lock(mu_);
  return history_;
}

LogFacts Published::log_facts() const {
  MutexLock lock(mu_);
  // A sync is published as such before it can replace the log, and as ended only
  // together with the history of the log that it brought.
  return {.generation = status_.full_syncs + status_.rewinds,
          .replacing = status_.syncing,
          .history = history_,
          .commit = commit_point_.index};
}

WriteTerms Published::write_terms() const {
  MutexLock lock(mu_);
  return {.epoch = commit_point_.epoch,
          .unreplicated = unreplicated_,
          .good_replicas = status_.good_replicas,
          .replicas_needed = replicas_needed_,
          .lacks_replicas = lacks_replicas_};
}

CommitPoint Published::commit_point() const {
  MutexLock lock(mu_);
  return commit_point_;
}

CommitPoint Published::SetCommitPoint(const CommitPoint& now,
                                      const LeaderCore* leader) {
  MutexLock lock(mu_);
  if (leader != nullptr) unreplicated_ = leader->unreplicated();
  return std::exchange(commit_point_, now);
}

void Published::EndEpoch() {
  MutexLock lock(mu_);
  commit_point_.epoch = {};
}

void Published::SetHistory(const History& history) {
  MutexLock lock(mu_);
  history_ = history;
}

Published::Changes Published::SetStatus(ReplicatorStatus status,
                                        const std::string& reason,
                                        const History& history,
                                        bool lacks_replicas) {
  isolated_ = status.isolated;
  MutexLock lock(mu_);
  const Changes changes{.role = Noticeable(status) != Noticeable(status_),
                        .log = OfTheLog(status) != OfTheLog(status_)};
  status.reason = changes.role ? reason : std::move(status_.reason);
  status_ = std::move(status);
  history_ = history;
  lacks_replicas_ = lacks_replicas;
  return changes;
}

}  // namespace vigil::replication
