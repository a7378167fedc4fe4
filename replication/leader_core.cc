#include "replication/leader_core.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace vigil::replication {

LeaderCore::LeaderCore(const Configuration& configuration, NodeId self,
                       const Epoch& epoch, uint64_t first_index, MonoTime now,
                       uint64_t bytes)
    : self_(self),
      configuration_(configuration),
      first_index_(first_index),
      begun_(now),
      point_{.epoch = epoch},
      unreplicated_(first_index - 1, bytes),
      reads_(configuration, self) {
  SetConfiguration(configuration, now);
}

bool LeaderCore::SetConfiguration(const Configuration& configuration,
                                  MonoTime now) {
  configuration_ = configuration;
  reads_.SetConfiguration(configuration);
  std::erase_if(replicas_, [this](const auto& each) {
    return !each.second.linked && !Votes(each.first);
  });
  point_.replicas = 0;
  for (const Member& member : configuration_.voters()) {
    if (member.id == self_) continue;
    const auto [replica, fresh] = replicas_.try_emplace(member.id);
    if (fresh) replica->second.heard = now;
    ++point_.replicas;
  }
  return Recompute();
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
  if (id == self_) return;
  ReplicaProgress& replica = replicas_[id];
  replica.linked = true;
  replica.formed = false;  // until it says so on this stream
  replica.heard = now;
}

void LeaderCore::OnUnlinked(NodeId id) {
  const auto it = replicas_.find(id);
  if (it == replicas_.end()) return;
  it->second.linked = false;
  if (!Votes(id)) replicas_.erase(it);
}

bool LeaderCore::IsIsolated(MonoTime now, absl::Duration timeout) const {
  return !configuration_.IsCommitQuorum([&](const Member& member) {
    return member.id == self_ || now - replicas_.at(member.id).heard <= timeout;
  });
}

int LeaderCore::GoodReplicas(MonoTime now, absl::Duration max_lag) const {
  return static_cast<int>(
      std::count_if(replicas_.begin(), replicas_.end(), [&](const auto& each) {
        const ReplicaProgress& replica = each.second;
        return replica.linked && replica.formed &&
               now - replica.heard <= max_lag && Votes(each.first);
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

uint64_t LeaderCore::OfThisEpoch(uint64_t index) const {
  return index < first_index_ ? 0 : index;
}

bool LeaderCore::Recompute() {
  std::vector<uint64_t> held;
  for (const auto& [id, replica] : replicas_) {
    if (Votes(id)) held.push_back(replica.held);
  }
  std::sort(held.begin(), held.end(), std::greater<>());
  point_.held_by = {};
  std::copy_n(held.begin(), std::min(held.size(), point_.held_by.size()),
              point_.held_by.begin());
  const uint64_t durable = configuration_.Agreed([&](const Member& member) {
    return member.id == self_ ? local_durable_
                              : replicas_.at(member.id).durable;
  });
  point_.durable = std::max(point_.durable, OfThisEpoch(durable));
  const uint64_t commit =
      OfThisEpoch(configuration_.Agreed([&](const Member& member) {
        return member.id == self_ ? local_held_ : replicas_.at(member.id).held;
      }));
  if (commit <= point_.index) return false;
  point_.index = commit;
  unreplicated_.OnCommitted(commit);
  return true;
}

}  // namespace vigil::replication
