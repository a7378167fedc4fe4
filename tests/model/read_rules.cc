// Linearizable reads, one at a time. What a read has shown counts as
// acknowledged: a later master has to have it.
#include <algorithm>

#include "tests/model/member_rules.h"
#include "tests/model/rules.h"

namespace vigil::model {
namespace {

Position GreatestCommit(const State& state) {
  for (Epoch epoch = kEpochs; epoch > 0; --epoch) {
    const int committed = state.committed[epoch];
    if (committed > 0)
      return state.streams[epoch].Prefix(committed).LastPosition();
  }
  return {};
}

void BeginRound(State& state, int master) {
  for (Member& member : state.members) {
    member.reader = false;
    member.confirmed = false;
  }
  state.members[master].reader = true;
  state.members[master].confirmed = true;
}

// "By a round with a fresh id begun after the read arrived."
void Arrives(const Model& model, const State& state, int master, Moves& moves) {
  const Member& self = state.members[master];
  State next = state;
  if (model.variant.read_by_earlier_round) {
    if (!self.reader) {
      State begun = state;
      BeginRound(begun, master);
      moves.Add(
          {Action::kBeginRound, static_cast<uint8_t>(master), self.master},
          begun);
      return;
    }
  } else {
    BeginRound(next, master);
  }
  --next.left.reads;
  next.reading = true;
  next.read_must_see = GreatestCommit(state);
  moves.Add({Action::kReadArrives, static_cast<uint8_t>(master), self.master},
            next);
}

// "Counting formed members whose promise is exactly this epoch."
void Confirm(const State& state, int member, Epoch epoch, Moves& moves) {
  const Member& self = state.members[member];
  if (self.gone || self.confirmed || !self.formed) return;
  if (self.promise > epoch) return;
  State next = state;
  RaisePromise(next, member, epoch);
  next.members[member].confirmed = true;
  moves.Add({Action::kConfirm, static_cast<uint8_t>(member), epoch}, next);
}

// "What was read must be at or below the commit position of this epoch."
void Answers(const Model& model, const State& state, int master, Moves& moves) {
  const Member& self = state.members[master];
  Members confirmed = 0;
  for (int i = 0; i < kMembers; ++i) {
    if (state.members[i].confirmed) confirmed |= 1 << i;
  }
  if (!model.CommitQuorum(model.ConfigurationOf(self.log), confirmed)) return;
  int shown = state.committed[self.master];
  if (model.variant.read_before_commit) shown = self.log.size();
  if (shown == 0) return;
  const Position must = state.read_must_see;
  const bool sees =
      must.index() <= shown &&
      (must.index() == 0 || self.log.At(must.index()).epoch == must.epoch());
  State next = state;
  if (!sees) next.violation = Violation::kStaleRead;
  next.committed[self.master] = static_cast<uint8_t>(shown);
  next.reading = false;
  next.read_must_see = {};
  for (Member& member : next.members) {
    member.reader = false;
    member.confirmed = false;
  }
  moves.Add({Action::kAnswerRead, static_cast<uint8_t>(master), self.master,
             static_cast<uint8_t>(shown)},
            next);
}

}  // namespace

void AddReadMoves(const Model& model, const State& state, Moves& moves) {
  int reader = -1;
  for (int i = 0; i < model.scope.nodes; ++i) {
    const Member& self = state.members[i];
    if (self.reader) reader = i;
    if (self.master != 0 && state.left.reads > 0 && !state.reading) {
      Arrives(model, state, i, moves);
    }
  }
  if (reader < 0) return;
  const Epoch epoch = state.members[reader].master;
  for (int i = 0; i < model.scope.nodes; ++i) Confirm(state, i, epoch, moves);
  if (state.reading) Answers(model, state, reader, moves);
}

}  // namespace vigil::model
