// What a node tells of itself.
#include <unistd.h>

#include "vigil/conversions.h"
#include "vigil/insight_status.h"
#include "vigil/layer_options.h"
#include "vigil/node_impl.h"

namespace vigil {
namespace {

uint64_t Behind(uint64_t ahead, uint64_t here) {
  return ahead > here ? ahead - here : 0;
}

void TellMembers(const replication::ReplicatorStatus& from, NodeStatus& to) {
  const replication::Configuration& members = from.view.configuration;
  to.kind = members.version == 0 && members.size() > 0
                ? MemberKind::kMember  // of a group that is still to be formed
                : KindOf(members, {.id = from.view.id});
  to.members_version = members.version;
  for (const replication::Member& member : members.everybody()) {
    to.members.push_back({.name = member.name,
                          .address = member.address,
                          .kind = members.version == 0
                                      ? MemberKind::kMember
                                      : KindOf(members, member)});
  }
  to.members_change = members.joint() ? "committing" : from.change_waits_for;
}

}  // namespace

RoleView ToRoleView(const replication::ReplicatorStatus& status) {
  // The promise is the epoch that a member lives in, with or without a master.
  RoleView view{.epoch = status.view.promise.number, .reason = status.reason};
  if (status.settled_master) view.role = NodeRole::kMaster;
  // A master that has not caught up yet is told to nobody, not even as such.
  if (status.settled_master ||
      status.view.role == replication::Role::kReplica) {
    view.master = status.view.master;
    view.master_address = status.master_address;
  }
  return view;
}

ServerStatus NodeImpl::Server() const {
  return {.version = VIGIL_VERSION,
          .group = options_.group,
          .node_id = options_.node_id,
          .address = AddressOf(options_, options_.node_id),
          .process_id = ::getpid(),
          .uptime = clock_.Mono() - opened_};
}

ForwardingStatus NodeImpl::Forwarding() const {
  const ForwardCounters from = forwarder_->counters();
  const ForwardServer::Counters served = forwarded_->counters();
  return {.sent = from.sent,
          .retried = from.retried,
          .recognised = from.once_more,
          .refused = from.refused,
          .unknown = from.unknown,
          .under_way = from.under_way,
          .waiting = from.waiting,
          .received = served.received,
          .duplicates = served.once_more};
}

NodeStatus NodeImpl::status() const {
  const replication::ReplicatorStatus from = replicator_->status();
  const engine::EngineStatus engine = engine_->status();
  NodeStatus to{.role = ToRoleView(from),
                .linked = from.view.linked,
                .syncing = from.syncing,
                .last_index = engine.last_index,
                .persisted_index = engine.persisted_index,
                .durable_index = engine.durable_index,
                .commit_index = from.view.commit,
                .lag = Behind(from.master_last, engine.last_index),
                .keys = engine.keys,
                .expired_keys = engine.expired_keys,
                .refusal = from.refusal,
                .full_syncs = from.full_syncs,
                .rewinds = from.rewinds,
                .dropped_writes = from.dropped.writes,
                .dropped_bytes = from.dropped.bytes,
                .dropped_file = from.dropped.last_file,
                .good_replicas = from.good_replicas,
                .unreplicated = writer_->unreplicated(),
                .forwarding = Forwarding(),
                .health = engine.health,
                .server = Server(),
                .persistent = !engine_->memory_only(),
                .checkpoint_index = engine.checkpoint_index,
                .log_first_index = engine.log_first_index,
                .state_disk_bytes = engine.storage.state_bytes,
                .log_disk_bytes = engine.storage.log_bytes};
  if (from.view.lineage) to.lineage = ToString(from.view.lineage);
  TellMemory(engine, options_.eviction_policy(), to);
  to.back_pressure = writer_->back_pressure(engine.pressure);
  TellInsight(engine_->insight(), to);
  to.big_keys = ToBigKeys(engine_->big_keys());
  for (const engine::Work& work : engine_->works())
    to.works.push_back(ToWorkStatus(work));
  TellMembers(from, to);
  for (const auto& [member, progress] : from.replicas) {
    to.replicas.push_back({.name = member.name,
                           .address = member.address,
                           .kind = KindOf(from.view.configuration, member),
                           .linked = progress.linked,
                           .held_index = progress.held,
                           .lag = Behind(engine.last_index, progress.held)});
  }
  const sentinel::Status watch = monitor_->status();
  to.failover = watch.failover;
  to.obstacle = watch.obstacle;
  for (const sentinel::PeerStatus& peer : watch.peers) {
    to.peers.push_back({.name = peer.name,
                        .address = peer.address,
                        .sdown = peer.sdown,
                        .last_seen = peer.last_seen,
                        .refusal = peer.refusal});
    if (to.refusal.empty() && to.role.master.empty()) to.refusal = peer.refusal;
  }
  return to;
}

}  // namespace vigil
