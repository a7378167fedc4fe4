#include "tests/model/invariants.h"

namespace vigil::model {
namespace {

// Invariant 2: "Two nodes with the same (epoch, index) hold the same prefix."
// Every record is the one that the master of its epoch streamed, and so is all
// before it.
bool IsMadeOfStreams(const State& state, const Log& log) {
  Epoch after = 0;
  for (int i = log.size(); i > 0; --i) {
    const Epoch epoch = log.At(i).epoch;
    if (epoch == after) continue;
    after = epoch;
    if (!state.streams[epoch].StartsWith(log.Prefix(i))) return false;
  }
  return true;
}

}  // namespace

Violation Check(const Model& model, const State& state) {
  if (state.violation != Violation::kNone) return state.violation;
  for (int i = 0; i < model.scope.nodes; ++i) {
    if (!IsMadeOfStreams(state, state.members[i].log)) {
      return Violation::kTwoContents;
    }
  }
  // Invariant 3: "A write acknowledged at kQuorum is in every later master's
  // data."
  for (Epoch older = 1; older < model.scope.epochs; ++older) {
    const Log acknowledged =
        state.streams[older].Prefix(state.committed[older]);
    const Log durably = state.streams[older].Prefix(state.durably[older]);
    for (Epoch later = older + 1; later <= model.scope.epochs; ++later) {
      const Log& stream = state.streams[later];
      if (stream.empty()) continue;
      if (!IsMadeOfStreams(state, stream)) return Violation::kTwoContents;
      if (!stream.StartsWith(acknowledged) || !stream.StartsWith(durably)) {
        return Violation::kLostWrite;
      }
    }
  }
  return Violation::kNone;
}

std::string_view ToString(Violation violation) {
  switch (violation) {
    case Violation::kNone:
      return "nothing";
    case Violation::kTwoMasters:
      return "two masters in one epoch";
    case Violation::kTwoContents:
      return "equal (epoch, index), different prefix";
    case Violation::kLostWrite:
      return "a later master lacks what was acknowledged";
    case Violation::kStaleRead:
      return "a read missed what was acknowledged before it";
    case Violation::kUnformedMaster:
      return "an unformed member leads although a formed one exists";
    case Violation::kSecondLineage:
      return "an empty member leads although another one has data";
    case Violation::kNoWayOn:
      return "nobody can be promoted, and no master can go on";
  }
  return "unknown";
}

}  // namespace vigil::model
