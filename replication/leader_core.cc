#include "replication/leader_core.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace vigil::replication {

LeaderCore::LeaderCore(const Configuration& configuration, NodeId self,
                       const Epoch& epoch, uint64_t first_index, MonoTime now,
                       uint64_t bytes)
    : configuration_(configuration),
      first_index_(first_index),
      begun_(now),
      point_{.epoch = epoch},
      unreplicated_(first_index - 1, bytes),
      reads_(configuration.commit_quorum() - 1) {
  for (const Member& member : configuration_.members) {
    if (member.id != self) replicas_[member.id].heard = now;
  }
  point_.replicas = static_cast<int>(replicas_.size());
}

bool LeaderCore::OnLocalHeld(uint64_t held) {
  if (held <= local_held_) return false;
  local_held_ = held;
  return Recompute();
}

void LeaderCore::OnLocalDurable(uint64_t durable) {
  if (durable <= local_durable_) return;
  local_durable_ = durable;
  Recompute();
}

void LeaderCore::OnAppended(uint64_t last, uint64_t bytes, MonoTime now) {
  unreplicated_.OnAppended(last, bytes, now);
}

bool LeaderCore::OnAck(NodeId from, const Ack& ack, MonoTime now) {
  const auto it = replicas_.find(from);
  if (it == replicas_.end() || ack.epoch != epoch()) return false;
  ReplicaProgress& replica = it->second;
  replica.heard = now;
  replica.formed = ack.formed;
  if (!ack.formed) return false;
  reads_.OnEcho(from, ack.round);
  // Never back: what it once acknowledged in this epoch it holds for good.
  replica.held = std::max(replica.held, ack.held);
  replica.durable = std::max(replica.durable, ack.durable);
  return Recompute();
}

void LeaderCore::OnLinked(NodeId id, MonoTime now) {
  const auto it = replicas_.find(id);
  if (it == replicas_.end()) return;
  it->second.linked = true;
  it->second.formed = false;  // until it says so on this stream
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

int LeaderCore::GoodReplicas(MonoTime now, absl::Duration max_lag) const {
  return static_cast<int>(
      std::count_if(replicas_.begin(), replicas_.end(), [&](const auto& each) {
        const ReplicaProgress& replica = each.second;
        return replica.linked && replica.formed &&
               now - replica.heard <= max_lag;
      }));
}

bool LeaderCore::LacksReplicas(int needed, absl::Duration max_lag,
                               MonoTime now) {
  if (GoodReplicas(now, max_lag) >= needed) {
    had_enough_ = true;
    return false;
  }
  return had_enough_ || now - begun_ > max_lag;
}

bool LeaderCore::Recompute() {
  std::vector<uint64_t> held;
  std::vector<uint64_t> durable = {local_durable_};
  for (const auto& [id, replica] : replicas_) {
    held.push_back(replica.held);
    durable.push_back(replica.durable);
  }
  std::sort(held.begin(), held.end(), std::greater<>());
  std::copy_n(held.begin(), std::min(held.size(), point_.held_by.size()),
              point_.held_by.begin());
  held.push_back(local_held_);
  point_.durable = std::max(point_.durable, OfQuorum(std::move(durable)));
  const uint64_t commit = OfQuorum(std::move(held));
  if (commit <= point_.index) return false;
  point_.index = commit;
  unreplicated_.OnCommitted(commit);
  return true;
}

// The greatest index that C of them reach; 0: none of this epoch.
uint64_t LeaderCore::OfQuorum(std::vector<uint64_t> indexes) const {
  const auto nth = indexes.begin() + (configuration_.commit_quorum() - 1);
  std::nth_element(indexes.begin(), nth, indexes.end(), std::greater<>());
  return *nth < first_index_ ? 0 : *nth;
}

}  // namespace vigil::replication
