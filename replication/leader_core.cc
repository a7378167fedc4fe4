#include "replication/leader_core.h"

#include <algorithm>
#include <functional>

namespace vigil::replication {

LeaderCore::LeaderCore(const Configuration& configuration, NodeId self,
                       const Epoch& epoch, uint64_t first_index, MonoTime now)
    : configuration_(configuration), epoch_(epoch), first_index_(first_index) {
  for (const Member& member : configuration_.members) {
    if (member.id != self) replicas_[member.id].heard = now;
  }
}

bool LeaderCore::OnLocalHeld(uint64_t held) {
  if (held <= local_held_) return false;
  local_held_ = held;
  return Recompute();
}

bool LeaderCore::OnAck(NodeId from, const Ack& ack, MonoTime now) {
  const auto it = replicas_.find(from);
  if (it == replicas_.end() || ack.epoch != epoch_) return false;
  ReplicaProgress& replica = it->second;
  replica.heard = now;
  replica.formed = ack.formed;
  if (!ack.formed) return false;
  // Never back: what it once acknowledged in this epoch it holds for good.
  replica.held = std::max(replica.held, ack.held);
  replica.durable = std::max(replica.durable, ack.durable);
  return Recompute();
}

void LeaderCore::OnLinked(NodeId id, MonoTime now) {
  const auto it = replicas_.find(id);
  if (it == replicas_.end()) return;
  it->second.linked = true;
  it->second.heard = now;
}

void LeaderCore::OnUnlinked(NodeId id) {
  const auto it = replicas_.find(id);
  if (it != replicas_.end()) it->second.linked = false;
}

bool LeaderCore::IsIsolated(MonoTime now, absl::Duration timeout) const {
  int reached = 1;
  for (const auto& [id, replica] : replicas_) {
    if (now - replica.heard <= timeout) ++reached;
  }
  return reached < configuration_.commit_quorum();
}

bool LeaderCore::Recompute() {
  std::vector<uint64_t> held = {local_held_};
  for (const auto& [id, replica] : replicas_) held.push_back(replica.held);
  const auto nth = held.begin() + (configuration_.commit_quorum() - 1);
  std::nth_element(held.begin(), nth, held.end(), std::greater<>());
  if (*nth < first_index_ || *nth <= commit_) return false;
  commit_ = *nth;
  return true;
}

}  // namespace vigil::replication
