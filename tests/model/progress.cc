#include "tests/model/progress.h"

#include "tests/model/selection.h"

namespace vigil::model {
namespace {

// Whoever has not promised a higher epoch follows this master, and what it may
// have lost is synced.
bool MasterCanGoOn(const Model& model, const State& state, int master) {
  const Member& self = state.members[master];
  Members followers = 0;
  for (int i = 0; i < model.scope.nodes; ++i) {
    const Member& member = state.members[i];
    if (!member.gone && model.Rank(member.promise) <= model.Rank(self.master)) {
      followers |= 1 << i;
    }
  }
  return model.CommitQuorum(model.ConfigurationOf(self.log), followers);
}

bool LeaderCanPromote(const Model& model, const State& state) {
  Answers answers{};
  Members present = 0;
  for (int i = 0; i < model.scope.nodes; ++i) {
    const Member& member = state.members[i];
    if (member.gone) continue;
    present |= 1 << i;
    const bool formed =
        member.formed &&
        !(member.fuzzy && model.variant.full_sync_gives_up_old_log);
    answers[i] = {true, formed, !member.fuzzy, member.position()};
  }
  const Selection selection = Select(model, state, answers);
  return (selection.eligible | selection.after_copy) != 0 &&
         model.CommitQuorum(selection.configuration, present);
}

}  // namespace

bool CanGoOn(const Model& model, const State& state) {
  if (LeaderCanPromote(model, state)) return true;
  for (int i = 0; i < model.scope.nodes; ++i) {
    if (state.members[i].master != 0 && MasterCanGoOn(model, state, i)) {
      return true;
    }
  }
  return false;
}

}  // namespace vigil::model
