#include "vigil/layer_options.h"

#include <algorithm>

#include "engine/base/random.h"
#include "vigil/conversions.h"

namespace vigil {

std::string AddressOf(const Options& options, std::string_view name) {
  for (const MemberAddress& member : options.members) {
    if (member.name == name) return member.address;
  }
  return {};
}

engine::EngineOptions MakeEngineOptions(const Options& options) {
  engine::EngineOptions engine;
  engine.fsync = static_cast<engine::FsyncPolicy>(options.fsync);
  engine.key_bytes_max = options.key_bytes_max;
  engine.value_bytes_max = options.value_bytes_max;
  engine.log_memory_bytes = options.log_memory_bytes;
  engine.log_disk_bytes = options.log_disk_bytes;
  engine.checkpoint_period = options.checkpoint_period;
  engine.slow_log = {.threshold = options.slow_log_threshold,
                     .max_length = options.slow_log_length};
  engine.databases = options.databases;
  engine.max_memory = options.max_memory;
  engine.eviction =
      static_cast<engine::EvictionPolicy>(options.eviction_policy());
  engine.on_storage_failure =
      static_cast<engine::OnStorageFailure>(options.on_storage_failure);
  return engine;
}

replication::Options MakeReplicationOptions(const Options& options) {
  replication::Options to;
  to.address = AddressOf(options, options.node_id);
  to.priority = options.priority;
  to.shared_options = ToSharedOptions(options);
  to.all_synced = options.fsync == Fsync::kAlways;
  to.min_replicas_to_write = options.min_replicas_to_write;
  to.min_replicas_max_lag = options.min_replicas_max_lag;
  const absl::Duration down_after = options.sentinel.down_after;
  to.isolation_timeout = options.isolation_timeout.value_or(down_after / 2);
  // Five signs of life may be lost before a master holds itself for isolated.
  to.heartbeat = std::clamp(to.isolation_timeout / 5, absl::Milliseconds(5),
                            absl::Milliseconds(100));
  to.link_timeout = std::max(down_after, 10 * to.heartbeat);
  return to;
}

size_t MessageBytesMax(const Options& options) {
  return MakeReplicationOptions(options).message_bytes + kMessageRoom +
         options.key_bytes_max + options.value_bytes_max;
}

sentinel::Options MakeSentinelOptions(const Options& options,
                                      const replication::MemberPort& member) {
  const replication::MemberView own = member.view();
  sentinel::Options to;
  to.group = options.group;
  to.shared_options = ToSharedOptions(options);
  to.name = options.node_id;
  to.id = own.id;
  to.address = AddressOf(options, options.node_id);
  to.members = ToConfiguration(options).members;
  to.join = options.join;
  to.quorum = options.sentinel.quorum.value_or(0);
  to.down_after = options.sentinel.down_after;
  to.failover_timeout = options.sentinel.failover_timeout;
  to.fast_fail = options.sentinel.fast_fail;
  to.seed = RandomFromSystem();
  return to;
}

}  // namespace vigil
