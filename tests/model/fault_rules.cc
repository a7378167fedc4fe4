// Kills, power cuts, wiped directories. A restart follows at once: to be down
// for a while is to receive nothing, which may happen to anyone anyway.
#include "tests/model/member_rules.h"
#include "tests/model/rules.h"

namespace vigil::model {
namespace {

// "A restart's nonce is fresh": what an earlier start said, or was told, is
// void.
void Restart(const Model& model, State& state, int member, Log log) {
  const bool resumes = model.variant.restarted_master_resumes;
  // "A member that stops never acts again as master of an epoch it had."
  if (!resumes) StepDown(state, member);
  Member& self = state.members[member];
  self.log = log;
  const auto size = static_cast<uint8_t>(log.size());
  if (self.durable > size) self.durable = size;
  if (self.held > size) self.held = size;
  for (Dealings& with : self.with) {
    with.answer_stale = with.answered;
    with.promote_stale = with.promote;
    if (!model.variant.sync_without_nonce) with.formed_at = 0;
  }
  if (model.variant.promise_not_durable) {
    self.promise = log.LastPosition().epoch();
  }
}

// "A killed process loses nothing" that its system has. A master may have
// streamed what its system has not: any of it is lost.
void Kill(const Model& model, const State& state, int member, Moves& moves) {
  const Member& self = state.members[member];
  const int from = self.master != 0 ? self.held : self.log.size();
  for (int size = from; size <= self.log.size(); ++size) {
    State next = state;
    --next.left.kills;
    Restart(model, next, member, self.log.Prefix(size));
    moves.Add({Action::kKill, static_cast<uint8_t>(member), 0,
               static_cast<uint8_t>(size)},
              next);
  }
}

// "The machine itself went down, and the data was not fsynced: unformed."
void PowerCut(const Model& model, const State& state, int member,
              Moves& moves) {
  const Member& self = state.members[member];
  for (int size = self.durable; size <= self.log.size(); ++size) {
    State next = state;
    --next.left.power_cuts;
    Restart(model, next, member, self.log.Prefix(size));
    if (self.durable < self.log.size()) next.members[member].formed = false;
    moves.Add({Action::kPowerCut, static_cast<uint8_t>(member), 0,
               static_cast<uint8_t>(size)},
              next);
  }
}

// "A node without a persisted id is never taken for the member of that name."
void Wipe(const Model& model, const State& state, int member, Moves& moves) {
  State next = state;
  --next.left.wipes;
  Restart(model, next, member, Log{});
  Member& self = next.members[member];
  if (self.master != 0) StepDown(next, member);
  self.promise = 0;
  self.begun = 0;
  self.formed = false;
  self.gone = !model.variant.newcomer_keeps_identity;
  moves.Add({Action::kWipe, static_cast<uint8_t>(member)}, next);
}

}  // namespace

void AddFaultMoves(const Model& model, const State& state, Moves& moves) {
  for (int i = 0; i < model.scope.nodes; ++i) {
    if (state.members[i].gone) continue;
    if (state.left.kills > 0) Kill(model, state, i, moves);
    if (state.left.power_cuts > 0) PowerCut(model, state, i, moves);
    if (state.left.wipes > 0) Wipe(model, state, i, moves);
  }
}

}  // namespace vigil::model
