// Changes of members: joint(old, new), then final(new).
#include <bit>

#include "tests/model/member_rules.h"
#include "tests/model/rules.h"

namespace vigil::model {
namespace {

bool MayChange(const Model& model, const State& state, int master) {
  const Member& self = state.members[master];
  const Variant& variant = model.variant;
  if (state.left.changes == 0) return false;
  // "One change at a time; none before the epoch record is committed."
  if (model.ConfigurationOf(self.log).joint() && !variant.two_changes_at_once) {
    return false;
  }
  return variant.change_before_epoch_record ||
         state.committed[self.master] >= self.log.FirstIndexOf(self.master);
}

// "Replacing a member is one joint change": at most one goes and one comes.
bool IsOneChange(const Configuration& from, Members target) {
  return target != 0 && target != from.of_new &&
         std::popcount<Members>(target & ~from.of_new) <= 1 &&
         std::popcount<Members>(from.of_new & ~target) <= 1;
}

// "A newcomer catches up before it is named."
bool CaughtUp(const State& state, const Log& log, Members newcomers) {
  for (int i = 0; i < kMembers; ++i) {
    if (!(newcomers >> i & 1)) continue;
    const Member& member = state.members[i];
    if (member.gone || member.log.empty() || !log.StartsWith(member.log)) {
      return false;
    }
  }
  return true;
}

void Begin(const Model& model, const State& state, int master, Moves& moves) {
  const Member& self = state.members[master];
  const Configuration from = model.ConfigurationOf(self.log);
  const bool at_once =
      model.variant.change_in_one_record || model.scope.raft_changes;
  for (uint8_t i = 0; i < kTargets; ++i) {
    const Members target = model.scope.targets[i];
    const auto newcomers = static_cast<Members>(target & ~from.of_new);
    if (!IsOneChange(from, target)) continue;
    if (!CaughtUp(state, self.log, newcomers)) continue;
    State next = state;
    --next.left.changes;
    Append(model, next, master, at_once ? Kind::kFinal : Kind::kJoint, i);
    moves.Add({at_once ? Action::kAppendFinal : Action::kAppendJoint,
               static_cast<uint8_t>(master), self.master, i},
              next);
  }
}

// "final is appended only once joint is committed."
void End(const Model& model, const State& state, int master, Moves& moves) {
  const Member& self = state.members[master];
  if (!model.ConfigurationOf(self.log).joint()) return;
  int joint = self.log.size();
  while (self.log.At(joint).kind != Kind::kJoint) --joint;
  if (state.committed[self.master] < joint) return;
  State next = state;
  const uint8_t target = self.log.At(joint).target;
  Append(model, next, master, Kind::kFinal, target);
  moves.Add(
      {Action::kAppendFinal, static_cast<uint8_t>(master), self.master, target},
      next);
}

}  // namespace

void AddChangeMoves(const Model& model, const State& state, Moves& moves) {
  for (int i = 0; i < model.scope.nodes; ++i) {
    const Member& self = state.members[i];
    if (self.master == 0) continue;
    End(model, state, i, moves);
    if (MayChange(model, state, i)) Begin(model, state, i, moves);
  }
}

}  // namespace vigil::model
