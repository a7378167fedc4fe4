// LeaderCore: a master's view of its replicas, for one epoch: who holds what,
// what is committed, and whether enough of them are in reach.
//
//   commit = the greatest index of the master's own epoch that C members hold
//
// Only acknowledgements of this epoch, from formed members of the
// configuration, count; the master counts itself for what it has itself handed
// to the operating system. Records of older epochs commit with the first record
// of this one: by themselves they may be held by C members and still be lost
// (Raft, section 5.4.2).
//
// Pure. Thread-compatible.
#ifndef VIGIL_REPLICATION_LEADER_CORE_H_
#define VIGIL_REPLICATION_LEADER_CORE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "replication/configuration.h"
#include "replication/message.h"

namespace vigil::replication {

struct ReplicaProgress {
  bool linked = false;
  bool formed = false;
  uint64_t held = 0;
  uint64_t durable = 0;
  MonoTime heard;  // its last sign of life
};

class LeaderCore {
 public:
  // `first_index` is that of the epoch record. Every member counts as heard at
  // `now`: a new master is not isolated before anyone could reach it.
  LeaderCore(const Configuration& configuration, NodeId self,
             const Epoch& epoch, uint64_t first_index, MonoTime now);

  // Each returns whether the commit index moved.
  bool OnLocalHeld(uint64_t held);
  bool OnAck(NodeId from, const Ack& ack, MonoTime now);

  void OnLinked(NodeId id, MonoTime now);
  void OnUnlinked(NodeId id);

  // Fewer than C members, itself included, gave a sign of life within
  // `timeout`.
  bool IsIsolated(MonoTime now, absl::Duration timeout) const;

  const Epoch& epoch() const { return epoch_; }
  uint64_t first_index() const { return first_index_; }
  // 0 before the epoch record is committed.
  uint64_t commit() const { return commit_; }
  const std::map<NodeId, ReplicaProgress>& replicas() const {
    return replicas_;
  }

 private:
  bool Recompute();

  const Configuration configuration_;
  const Epoch epoch_;
  const uint64_t first_index_;
  uint64_t local_held_ = 0;
  uint64_t commit_ = 0;
  std::map<NodeId, ReplicaProgress> replicas_;  // the other members
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_LEADER_CORE_H_
