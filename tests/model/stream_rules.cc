// Writing, streaming, acknowledging; becoming formed and exact.
#include <algorithm>

#include "tests/model/member_rules.h"
#include "tests/model/rules.h"

namespace vigil::model {
namespace {

uint8_t Narrow(int value) { return static_cast<uint8_t>(value); }

void MasterMoves(const Model& model, const State& state, int master,
                 Moves& moves) {
  const Member& self = state.members[master];
  if (state.left.writes > 0) {
    State next = state;
    --next.left.writes;
    Append(model, next, master, Kind::kWrite);
    moves.Add({Action::kWrite, Narrow(master), self.master}, next);
  }
  // "Held means handed to the operating system." It streams before that.
  if (self.held < self.log.size()) {
    State next = state;
    next.members[master].held = Narrow(self.log.size());
    Commit(model, next, master);
    moves.Add({Action::kHold, Narrow(master), self.master}, next);
  }
}

void Fsync(const Model& model, const State& state, int member, Moves& moves) {
  const Member& self = state.members[member];
  const int held = self.master != 0 ? self.held : self.log.size();
  if (self.durable >= held) return;
  State next = state;
  next.members[member].durable = Narrow(held);
  const int master = MasterOf(state, self.promise);
  if (master >= 0) Commit(model, next, master);
  moves.Add({Action::kFsync, Narrow(member), self.promise, Narrow(held)}, next);
}

// May `self` take what the master of `epoch` sends?
bool Listens(const Model& model, const Member& self, Epoch epoch) {
  if (self.gone || self.HasBegun(epoch)) return false;
  const bool steps_down =
      self.promise < epoch && !model.variant.data_raises_no_promise;
  if (self.master != 0 && !steps_down) return false;
  return model.variant.replicas_ignore_epoch ||
         model.Rank(self.promise) <= model.Rank(epoch);
}

// "Unformed until a master of an epoch not below its promise has synced it in
// answer to this restart's own fresh nonce, up to the index that the master had
// when it received that nonce." Of several such answers the earliest counts:
// its index is the lowest. A formed member's Hello changes nothing.
void Hello(const Model& model, const State& state, int member, Epoch epoch,
           Moves& moves) {
  const Member& self = state.members[member];
  const int master = MasterOf(state, epoch);
  if (master < 0 || self.with[epoch].formed_at != 0) return;
  if (self.formed && !model.variant.sync_without_nonce) return;
  State next = state;
  RaisePromise(next, member, epoch);
  next.members[member].with[epoch].formed_at =
      Narrow(state.members[master].log.size());
  moves.Add({Action::kHello, Narrow(member), epoch}, next);
}

// The replica has `log`, the first `size` records of the epoch's stream, unless
// a rule was broken. What follows from that.
void Take(const Model& model, State& state, int member, Epoch epoch,
          const Log& log) {
  Member& self = state.members[member];
  Dealings& with = self.with[epoch];
  const int kept = std::min(CommonIndex(self.log, log), log.size());
  self.durable = std::min(self.durable, Narrow(kept));
  self.log = log;
  self.fuzzy = false;
  self.kept = {};
  if (with.formed_at != 0 && log.size() >= with.formed_at) {
    self.formed = true;
    // Used up; another start has another nonce.
    if (!model.variant.sync_without_nonce) {
      for (Dealings& each : self.with) each.formed_at = 0;
    }
  }
  // "Unformed nodes do not acknowledge."
  const int master = MasterOf(state, epoch);
  if (master < 0 || !self.formed) return;
  with.acked = std::max(with.acked, Narrow(log.size()));
  Commit(model, state, master);
}

// "Equal to the replica's position: continue. Else rewind", or a full sync: the
// old log counts until the new one is exact, which is when it has what the
// master had meanwhile, its epoch record at least.
void Receive(const Model& model, const State& state, int member, Epoch epoch,
             Moves& moves) {
  const Member& self = state.members[member];
  const Log& stream = state.streams[epoch];
  const int common = CommonIndex(self.log, stream);
  bool continues = common == self.log.size() && !self.fuzzy;
  int from = self.log.size();
  if (model.variant.continue_by_list_of_epochs && !self.fuzzy) {
    continues = HistoryBegins(self.log, stream);
  } else if (!continues) {
    from = stream.FirstIndexOf(epoch);
  }
  for (int size = from; size <= stream.size(); ++size) {
    State next = state;
    if (!model.variant.data_raises_no_promise) {
      RaisePromise(next, member, epoch);
    }
    Take(model, next, member, epoch,
         continues ? self.log.ContinuedBy(stream, size) : stream.Prefix(size));
    moves.Add({Action::kReceive, Narrow(member), epoch, Narrow(size)}, next);
  }
}

// Of a member that holds in memory only: its data are given up first. "It
// counts with its last exact position."
void BeginFullSync(const State& state, int member, Epoch epoch, Moves& moves) {
  const Member& self = state.members[member];
  if (self.fuzzy || self.log == state.streams[epoch]) return;
  State next = state;
  RaisePromise(next, member, epoch);
  Member& syncing = next.members[member];
  syncing.kept = syncing.position();
  syncing.log = {};
  syncing.fuzzy = true;
  moves.Add({Action::kBeginFullSync, Narrow(member), epoch}, next);
}

}  // namespace

void AddStreamMoves(const Model& model, const State& state, Moves& moves) {
  for (int i = 0; i < model.scope.nodes; ++i) {
    const Member& self = state.members[i];
    if (self.master != 0) MasterMoves(model, state, i, moves);
    if (model.scope.fsync && !self.gone) Fsync(model, state, i, moves);
    for (Epoch epoch = 1; epoch <= model.scope.epochs; ++epoch) {
      if (state.streams[epoch].empty() || !Listens(model, self, epoch)) {
        continue;
      }
      Hello(model, state, i, epoch, moves);
      Receive(model, state, i, epoch, moves);
      if (model.scope.full_syncs || model.variant.full_sync_gives_up_old_log) {
        BeginFullSync(state, i, epoch, moves);
      }
    }
  }
}

}  // namespace vigil::model
