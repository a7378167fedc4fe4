// LeaderCore: a master's view of its replicas, for one epoch: who holds what,
// what is committed, and whether enough of them are in reach.
//
//   commit = the greatest index of the master's own epoch that C members hold
//            (during a change: C of those before it and C of those after it)
//
// Only acknowledgements of this epoch, from formed members of the
// configuration, count; the master counts itself for what it has itself handed
// to the operating system, and among those that have synced for what it has itself
// synced. Records of older epochs commit with the first record of this one: by
// themselves they may be held by C members and still be lost (Raft, section 5.4.2).
//
// Others follow, too: read replicas, and newcomers. They count for nothing here, until a
// configuration names them; then what they have acknowledged in this epoch counts.
//
// Pure. Thread-compatible.
#ifndef VIGIL_REPLICATION_LEADER_CORE_H_
#define VIGIL_REPLICATION_LEADER_CORE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "replication/commit_point.h"
#include "replication/configuration.h"
#include "replication/message.h"
#include "replication/read_rounds.h"
#include "replication/unreplicated.h"

namespace vigil::replication {

struct ReplicaProgress {
  bool linked = false;
  bool formed = false;  // and up to date but for what is under way
  uint64_t held = 0;
  uint64_t durable = 0;
  MonoTime heard;  // its last sign of life
};

class LeaderCore {
 public:
  // `first_index` is that of the epoch record, `bytes` what writers had appended
  // before. Every member counts as heard at `now`: a new master is not isolated
  // before anyone could reach it.
  LeaderCore(const Configuration& configuration, NodeId self,
             const Epoch& epoch, uint64_t first_index, MonoTime now,
             uint64_t bytes = 0);

  // It is in the log now. Returns whether the commit index moved.
  bool SetConfiguration(const Configuration& configuration, MonoTime now);

  // Each returns whether the commit index moved.
  bool OnLocalHeld(uint64_t held);
  bool OnAck(NodeId from, const Ack& ack, MonoTime now);

  void OnLocalDurable(uint64_t durable);
  // As Unreplicated::OnAppended.
  void OnAppended(uint64_t last, uint64_t bytes, MonoTime now);
  void OnLinked(NodeId id, MonoTime now);
  void OnUnlinked(NodeId id);

  // Fewer than C members, itself included, gave a sign of life within
  // `timeout`.
  bool IsIsolated(MonoTime now, absl::Duration timeout) const;

  // Members whose stream is up, that are past their sync, and that gave a sign of life
  // within `max_lag`: Redis' good replicas.
  int GoodReplicas(MonoTime now, absl::Duration max_lag) const;
  // Whether there are fewer of them than `needed`. A new master is given `max_lag` to
  // get that many for the first time.
  bool LacksReplicas(int needed, absl::Duration max_lag, MonoTime now);

  // Reads that wait for a round.
  ReadRounds& reads() { return reads_; }

  const Epoch& epoch() const { return point_.epoch; }
  uint64_t first_index() const { return first_index_; }
  // 0 before the epoch record is committed.
  uint64_t commit() const { return point_.index; }
  const CommitPoint& commit_point() const { return point_; }
  const UnreplicatedFrom& unreplicated() const { return unreplicated_.from(); }
  // The other members, and who else follows.
  const std::map<NodeId, ReplicaProgress>& replicas() const {
    return replicas_;
  }

 private:
  bool Recompute();
  bool Votes(NodeId id) const { return configuration_.Find(id) != nullptr; }
  uint64_t OfThisEpoch(uint64_t index) const;

  const NodeId self_;
  Configuration configuration_;
  const uint64_t first_index_;
  const MonoTime begun_;
  bool had_enough_ = false;  // good replicas, once
  uint64_t local_held_ = 0;
  uint64_t local_durable_ = 0;
  CommitPoint point_;
  Unreplicated unreplicated_;
  ReadRounds reads_;
  std::map<NodeId, ReplicaProgress> replicas_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_LEADER_CORE_H_
