// Fencing and promotion. A leader is no more than its epoch, the answers to it
// and the one Promote that it has sent: it may appear, stop and go on whenever
// it likes, so elections and time-outs need no steps of their own.
#include "tests/model/member_rules.h"
#include "tests/model/rules.h"
#include "tests/model/selection.h"

namespace vigil::model {
namespace {

void Answering(const Model& model, State& state, int member, Epoch epoch) {
  const Member& self = state.members[member];
  Dealings& with = state.members[member].with[epoch];
  with.answered = true;
  with.answered_at = self.position();
  with.answered_formed =
      self.formed && !(self.fuzzy && model.variant.full_sync_gives_up_old_log);
  with.answered_exact = !self.fuzzy;
  with.answer_stale = false;
}

// "Promote(e, position, nonce): one member only, ever, per epoch."
bool MaySendPromote(const Model& model, const State& state, Epoch epoch) {
  if (model.variant.leader_promotes_twice) return true;
  for (const Member& member : state.members) {
    if (member.with[epoch].promote) return false;
  }
  return true;
}

// "Fence(e): promise e if higher, persist, stop writing, following,
// acknowledging below e." Answered again, only the last answer counts, and none
// after Promote is sent: a leader sends one, so it uses one answer of each.
void Fence(const Model& model, const State& state, int member, Epoch epoch,
           Moves& moves) {
  const Member& self = state.members[member];
  if (self.gone || self.HasBegun(epoch)) return;
  if (model.Rank(epoch) < model.Rank(self.promise)) return;
  State next = state;
  RaisePromise(next, member, epoch);
  if (MaySendPromote(model, state, epoch)) {
    Answering(model, next, member, epoch);
  }
  moves.Add({Action::kFence, static_cast<uint8_t>(member), epoch}, next);
}

void ForgetAnswers(State& state, Epoch epoch) {
  for (Member& member : state.members) {
    Dealings& with = member.with[epoch];
    with.answered_at = {};
    with.answered = false;
    with.answered_formed = false;
    with.answered_exact = false;
    with.answer_stale = false;
  }
}

// "After it copied the missing tail." Both have promised this epoch and do
// nothing else meanwhile.
void CopyTail(const Model& model, const State& state, Epoch epoch, int member,
              int holder, Moves& moves) {
  const Member& self = state.members[member];
  const Member& from = state.members[holder];
  const bool still = self.promise == epoch && from.promise == epoch &&
                     !self.fuzzy && !from.fuzzy && self.master == 0 &&
                     from.position() == from.with[epoch].answered_at;
  if (!still) return;
  State next = state;
  next.members[member].log = from.log;
  next.members[member].durable = 0;
  Answering(model, next, member, epoch);
  moves.Add({Action::kCopyTail, static_cast<uint8_t>(member), epoch,
             static_cast<uint8_t>(holder)},
            next);
}

void SendPromote(const Model& model, const State& state, Epoch epoch,
                 int member, bool all_members, Members heard, Moves& moves) {
  if (state.members[member].with[epoch].promote) return;
  State next = state;
  Dealings& with = next.members[member].with[epoch];
  with.promote = true;
  with.promote_at = with.answered_at;
  with.promote_all = all_members;
  with.promote_stale = with.answer_stale;
  if (!MaySendPromote(model, next, epoch)) ForgetAnswers(next, epoch);
  moves.Add({Action::kSendPromote, static_cast<uint8_t>(member), epoch, heard},
            next);
}

// Any set of the answers may be all that the leader got in its time.
void Lead(const Model& model, const State& state, Epoch epoch, Members heard,
          Moves& moves) {
  Answers answers{};
  for (int i = 0; i < model.scope.nodes; ++i) {
    const Dealings& with = state.members[i].with[epoch];
    if (!(heard >> i & 1)) continue;
    answers[i] = {true, static_cast<bool>(with.answered_formed),
                  static_cast<bool>(with.answered_exact), with.answered_at};
  }
  const Selection selection = Select(model, state, answers);
  for (int i = 0; i < model.scope.nodes; ++i) {
    if (selection.eligible >> i & 1) {
      SendPromote(model, state, epoch, i, selection.all_members, heard, moves);
    }
    if (!(selection.after_copy >> i & 1)) continue;
    for (int from = 0; from < model.scope.nodes; ++from) {
      if (selection.holders >> from & 1) {
        CopyTail(model, state, epoch, i, from, moves);
      }
    }
  }
}

// "It checks again: formed, exact, promise exactly e, position and nonce
// unchanged, no epoch >= e in its history."
bool AcceptsPromote(const Model& model, const Member& self, Epoch epoch) {
  const Variant& variant = model.variant;
  const Dealings& with = self.with[epoch];
  if (!with.promote || self.gone || self.master == epoch) return false;
  const bool promised =
      variant.promote_of_another_leader
          ? model.scope.NumberOf(self.promise) == model.scope.NumberOf(epoch)
          : model.Rank(self.promise) == model.Rank(epoch);
  if (!promised) return false;
  if (variant.promote_not_tested_again) return true;
  if (!self.formed && !with.promote_all && !variant.unformed_counts) {
    return false;
  }
  if (self.fuzzy && !variant.fuzzy_promoted) return false;
  if (variant.promote_forgets_its_answer) return true;
  return !with.promote_stale && with.promote_at == self.position() &&
         self.begun >> epoch == 0;
}

}  // namespace

void AddFailoverMoves(const Model& model, const State& state, Moves& moves) {
  const auto epochs = static_cast<Epoch>(model.scope.epochs);
  const Epoch first = model.scope.bootstrap ? 1 : 2;
  for (Epoch epoch = first; epoch <= epochs; ++epoch) {
    Members answered = 0;
    for (int i = 0; i < model.scope.nodes; ++i) {
      const Member& member = state.members[i];
      Fence(model, state, i, epoch, moves);
      if (member.with[epoch].answered) answered |= 1 << i;
      if (AcceptsPromote(model, member, epoch)) {
        State next = state;
        StepDown(next, i);
        BecomeMaster(model, next, i, epoch, member.with[epoch].promote_all);
        moves.Add({Action::kPromote, static_cast<uint8_t>(i), epoch}, next);
      }
    }
    if (!MaySendPromote(model, state, epoch)) continue;
    for (Members heard = 1; heard <= answered; ++heard) {
      if ((heard & ~answered) == 0) {
        Lead(model, state, epoch, heard, moves);
      }
    }
  }
}

}  // namespace vigil::model
