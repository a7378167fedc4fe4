#include "tests/model/member_rules.h"

#include <algorithm>

namespace vigil::model {

int MasterOf(const State& state, Epoch epoch) {
  for (int i = 0; i < kMembers; ++i) {
    if (epoch != 0 && state.members[i].master == epoch) return i;
  }
  return -1;
}

bool MayCrash(const State& state) {
  return state.left.kills + state.left.power_cuts > 0;
}

void RaisePromise(State& state, int member, Epoch epoch) {
  Member& self = state.members[member];
  if (epoch <= self.promise) return;
  StepDown(state, member);
  self.promise = epoch;
}

// Acknowledgements of its epoch, and the read that waits there, have no
// meaning any more: nobody acts on them again.
void StepDown(State& state, int member) {
  Member& self = state.members[member];
  if (self.master == 0) return;
  for (Member& other : state.members) other.with[self.master].acked = 0;
  if (self.reader) {
    for (Member& other : state.members) other.confirmed = 0;
    self.reader = 0;
    state.reading = 0;
    state.read_must_see = {};
  }
  self.master = 0;
  self.held = 0;
}

void Append(const Model& model, State& state, int master, Kind kind,
            uint8_t target) {
  Member& self = state.members[master];
  Log& stream = state.streams[self.master];
  // It has streamed another record of this position before.
  if (stream.size() > self.log.size()) {
    state.violation = Violation::kTwoContents;
    return;
  }
  self.log.Append({self.master, kind, target});
  stream = self.log;
  if (!MayCrash(state)) {
    self.held = static_cast<uint8_t>(self.log.size());
  }
  Commit(model, state, master);
}

namespace {

// Who acknowledged `index` to this master, itself included.
Members HoldersOf(const Model& model, const State& state, int master, int index,
                  bool joint) {
  const Member& self = state.members[master];
  // "The master counts itself only for what it has itself handed to the
  // operating system."
  const int held =
      model.variant.master_counts_unheld ? self.log.size() : self.held;
  Members holders = held >= index ? 1 << master : 0;
  for (int i = 0; i < model.scope.nodes; ++i) {
    if (state.members[i].with[self.master].acked >= index) holders |= 1 << i;
    const bool lost = joint && state.members[i].gone;
    if (lost && model.variant.lost_member_consents) holders |= 1 << i;
  }
  return holders;
}

Members Fsynced(const Model& model, const State& state, Epoch epoch,
                int index) {
  Members fsynced = 0;
  for (int i = 0; i < model.scope.nodes; ++i) {
    const Member& member = state.members[i];
    if (member.promise == epoch && member.durable >= index) fsynced |= 1 << i;
  }
  return fsynced;
}

}  // namespace

// "The commit position moves only to a record of the master's own epoch held
// by C at that epoch; older records commit with it."
void Commit(const Model& model, State& state, int master) {
  const Member& self = state.members[master];
  const Epoch epoch = self.master;
  const Configuration configuration = model.ConfigurationOf(self.log);
  for (int i = self.log.size(); i > 0; --i) {
    const bool own = self.log.At(i).epoch == epoch ||
                     model.variant.commit_counts_older_epochs;
    if (!own) break;
    const Members holders =
        HoldersOf(model, state, master, i, configuration.joint());
    if (!model.CommitQuorum(configuration, holders)) continue;
    const auto index = static_cast<uint8_t>(i);
    state.committed[epoch] = std::max(state.committed[epoch], index);
    if (model.scope.fsync &&
        model.CommitQuorum(configuration,
                           holders & Fsynced(model, state, epoch, i))) {
      state.durably[epoch] = std::max(state.durably[epoch], index);
      break;
    }
    if (!model.scope.fsync) break;
  }
}

namespace {

// What is wrong with this promotion by itself.
Violation Judge(const Model& model, const State& state, int member,
                Epoch epoch) {
  const Member& self = state.members[member];
  for (Epoch other = 1; other <= kEpochs; ++other) {
    if (model.Rank(other) == model.Rank(epoch) &&
        !state.streams[other].empty()) {
      return Violation::kTwoMasters;
    }
  }
  const Configuration configuration = model.ConfigurationOf(self.log);
  for (int i = 0; i < model.scope.nodes; ++i) {
    const Member& other = state.members[i];
    if (i == member || other.gone || !configuration.Names(i)) continue;
    if (!self.formed && other.formed && !other.fuzzy) {
      return Violation::kUnformedMaster;
    }
    // One that is formed has a lineage, with or without a record.
    if (!self.formed && self.log.empty() && !other.log.empty()) {
      return Violation::kSecondLineage;
    }
  }
  return Violation::kNone;
}

}  // namespace

void BecomeMaster(const Model& model, State& state, int member, Epoch epoch,
                  bool all_members) {
  Member& self = state.members[member];
  state.violation = Judge(model, state, member, epoch);
  if (state.violation != Violation::kNone) return;
  for (Epoch older = 1; all_members && older < epoch; ++older) {
    const Log acknowledged =
        state.streams[older].Prefix(state.committed[older]);
    if (!self.log.StartsWith(acknowledged)) state.committed[older] = 0;
  }
  self.held = static_cast<uint8_t>(self.log.size());
  self.master = epoch;
  self.begun |= 1 << epoch;
  self.formed = true;
  self.fuzzy = false;
  self.kept = {};
  Append(model, state, member, Kind::kEpochRecord);
}

}  // namespace vigil::model
