#include "tests/model/model.h"

#include <bit>

namespace vigil::model {
namespace {

int CommitCount(int members) { return members / 2 + 1; }

}  // namespace

// Unless it is a bootstrap, everyone has the first epoch's record, committed:
// newcomers have caught up that far.
State Model::Initial() const {
  State state;
  state.left = scope.budget;
  if (scope.bootstrap) return state;
  Log log;
  log.Append({.epoch = 1, .kind = Kind::kEpochRecord});
  for (int i = 0; i < scope.nodes; ++i) {
    Member& member = state.members[i];
    member.log = log;
    member.promise = 1;
    member.formed = true;
    if (scope.members >> i & 1) member.with[1].acked = 1;
  }
  Member& master = state.members[0];
  master.master = 1;
  master.begun = 1 << 1;
  master.held = 1;
  state.streams[1] = log;
  state.committed[1] = 1;
  return state;
}

Configuration Model::ConfigurationOf(const Log& log) const {
  Configuration found{scope.members, scope.members};
  for (int i = 1; i <= log.size(); ++i) {
    const Record record = log.At(i);
    const Members target = scope.targets[record.target];
    if (record.kind == Kind::kJoint) {
      found = {found.of_new, target};
    } else if (record.kind == Kind::kFinal) {
      found = {target, target};
    }
  }
  return found;
}

bool Model::CommitQuorum(const Configuration& configuration,
                         Members set) const {
  for (const Members of : {configuration.of_old, configuration.of_new}) {
    if (std::popcount<Members>(of & set) < CommitCount(std::popcount(of))) {
      return false;
    }
  }
  return true;
}

bool Model::FenceQuorum(const Configuration& configuration, Members set) const {
  for (const Members of : {configuration.of_old, configuration.of_new}) {
    const int n = std::popcount(of);
    int needed = n - CommitCount(n) + 1;
    if (scope.raft_changes && n >= 3) needed = CommitCount(n);
    if (variant.fence_quorum_too_small) --needed;
    if (std::popcount<Members>(of & set) < needed) return false;
  }
  return true;
}

}  // namespace vigil::model
