#include "vigil/info.h"

#include <gtest/gtest.h>

#include <string>

namespace vigil {
namespace {

NodeStatus Master() {
  NodeStatus s;
  s.role = {.role = NodeRole::kMaster,
            .epoch = 3,
            .master = "a",
            .master_address = "127.0.0.1:7001"};
  s.last_index = 120;
  s.persisted_index = 119;
  s.durable_index = 110;
  s.commit_index = 118;
  s.checkpoint_index = 100;
  s.log_first_index = 40;
  s.state_disk_bytes = 5000;
  s.log_disk_bytes = 6000;
  s.persistent = true;
  s.lineage = "00000000000000ff";
  s.expired_keys = 4;
  s.evicted_keys = 5;
  s.hits = 90;
  s.misses = 10;
  s.replicas = {{.name = "b",
                 .address = "127.0.0.1:7002",
                 .linked = true,
                 .held_index = 119,
                 .lag = 1},
                {.name = "c", .address = "[::1]:7003", .lag = 120}};
  s.good_replicas = 1;
  s.unreplicated = {.operations = 2, .bytes = 80, .age = absl::Milliseconds(7)};
  s.peers = {{.name = "b",
              .address = "127.0.0.1:7002",
              .last_seen = absl::Milliseconds(40)},
             {.name = "c",
              .address = "[::1]:7003",
              .sdown = true,
              .last_seen = absl::Seconds(9)}};
  s.back_pressure = {
      .backlog_bytes = 4096,
      .waiting_writes = 2,
      .delayed_writes = 7,
      .delayed = absl::Milliseconds(30),
      .refused = {.memory = 1, .log_full = 2, .replicas = 4, .not_master = 6}};
  s.failover = "none";
  s.server = {.version = "0.1.0",
              .group = "orders",
              .node_id = "a",
              .address = "127.0.0.1:7001",
              .process_id = 4711,
              .uptime = absl::Hours(49)};
  s.memory = {.policy = "s3-fifo",
              .limit_bytes = uint64_t{3} << 29,
              .used_bytes = 1000,
              .entries_bytes = 700,
              .table_bytes = 200,
              .overhead_bytes = 100,
              .log_bytes = 5000,
              .unfreed_values = 3,
              .unfreed_bytes = 300'000,
              .freed_values = 12,
              .fragmentation = 1.066};
  s.operations = {{.name = "get",
                   .calls = 1000,
                   .timed = 8,
                   .mean = absl::Nanoseconds(250),
                   .p50 = absl::Nanoseconds(200),
                   .p99 = absl::Nanoseconds(900),
                   .p999 = absl::Microseconds(2),
                   .max = absl::Microseconds(2),
                   .buckets = {{absl::Nanoseconds(200), 3},
                               {absl::Nanoseconds(208), 2},
                               {absl::Nanoseconds(928), 2},
                               {absl::Nanoseconds(2048), 1}}},
                  {.name = "set", .calls = 1}};
  s.keyspaces = {{.database = 0, .keys = 10, .expires = 2},
                 {.database = 7, .keys = 1}};
  s.works = {{.what = "backup",
              .keys = 50,
              .total = 200,
              .bytes = 5000,
              .total_bytes = 20'000,
              .keys_per_second = 25,
              .bytes_per_second = 2500,
              .eta = absl::Seconds(6)},
             {.what = "flush", .keys = 3}};
  s.slow_log = {{.id = 8,
                 .ended = absl::FromUnixSeconds(1700000000),
                 .took = absl::Milliseconds(12),
                 .operation = "set",
                 .key = "a\n\"b\"",
                 .key_bytes = 5,
                 .value_bytes = 9}};
  s.forwarding = {.sent = 20,
                  .retried = 3,
                  .recognised = 2,
                  .refused = 1,
                  .unknown = 4,
                  .under_way = 5,
                  .waiting = 6,
                  .received = 70,
                  .duplicates = 7};
  s.hot_keys = {{.database = 1, .key = "h", .share = 0.25, .share_max = 0.26}};
  s.big_keys = {{.key = "b", .bytes = 1 << 20}};
  return s;
}

TEST(Info, TellsAllOfAMaster) {
  EXPECT_EQ(InfoText(Master()), R"(# Server
vigil_version:0.1.0
process_id:4711
group:orders
node_id:a
address:127.0.0.1:7001
uptime_in_seconds:176400
uptime_in_days:2

# Memory
used_memory:1000
used_memory_human:1000B
used_memory_dataset:700
used_memory_table:200
used_memory_overhead:300
log_memory:5000
lazyfree_pending_objects:3
lazyfree_pending_bytes:300000
lazyfreed_objects:12
maxmemory:1610612736
maxmemory_human:1.50G
maxmemory_policy:s3-fifo
allocator_frag_ratio:1.07

# Persistence
loading:0
persistent:1
last_index:120
persisted_index:119
durable_index:110
log_first_index_in_memory:40
state_disk_bytes:5000
log_disk_bytes:6000
checkpoint_index:100
rdb_changes_since_last_save:20
aof_last_write_status:ok
aof_buffer_length:4096
work0:what=backup,keys=50,total=200,bytes=5000,total_bytes=20000,keys_per_sec=25,bytes_per_sec=2500,eta_seconds=6
work1:what=flush,keys=3,bytes=0,keys_per_sec=0,bytes_per_sec=0

# Stats
total_commands_processed:1001
keyspace_hits:90
keyspace_misses:10
expired_keys:4
evicted_keys:5
waiting_writes:2
delayed_writes:7
delayed_writes_usec:30000
full_syncs_taken:0
rewinds_taken:0
dropped_writes:0
dropped_bytes:0

# Replication
role:master
connected_slaves:1
slave0:ip=127.0.0.1,port=7002,state=online,offset=119,name=b,records_behind=1,kind=member
slave1:ip=[::1],port=7003,state=offline,offset=0,name=c,records_behind=120,kind=member
member_kind:member
members_version:0
master_replid:00000000000000ff
master_repl_offset:120
epoch:3
commit_index:118
min_slaves_good_slaves:1
unreplicated_operations:2
unreplicated_bytes:80
unreplicated_age_ms:7
failover_state:none

# Forwarding
forwarded_writes:20
forwarded_writes_retried:3
forwarded_writes_recognised:2
forwarded_writes_refused:1
forwarded_writes_unknown:4
forwarded_writes_under_way:5
forwarded_writes_waiting:6
forwarded_writes_received:70
forwarded_writes_duplicates:7

# Sentinel
sentinel_masters:1
master0:name=orders,status=ok,address=127.0.0.1:7001,slaves=2,sentinels=3
member0:name=b,ip=127.0.0.1,port=7002,role=slave,status=ok,last-ok-ping-reply=40
member1:name=c,ip=[::1],port=7003,role=slave,status=sdown,last-ok-ping-reply=9000

# Errorstats
errorstat_OOM:count=1
errorstat_NOREPLICAS:count=4
errorstat_READONLY:count=6
errorstat_LOGFULL:count=2

# Commandstats
cmdstat_get:calls=1000,usec=250,usec_per_call=0.250,timed=8
cmdstat_set:calls=1

# Latencystats
latency_percentiles_usec_get:p50=0.200,p99=0.900,p99.9=2.000,max=2.000

# Latencyhistogram
latency_histogram_usec_get:0.256=5,1.024=7,2.048=8

# Keyspace
db0:keys=10,expires=2
db7:keys=1,expires=0

# Slowlog
slow8:time=1700000000,usec=12000,command=set,key_bytes=5,value_bytes=9,key="a\n\"b\""

# Hotkeys
hot0:db=1,share=0.2500,share_max=0.2600,key="h"

# Bigkeys
big0:db=0,bytes=1048576,key="b"
)");
}

TEST(Info, TellsAReplicasMasterAndItsLink) {
  NodeStatus s = Master();
  s.role.role = NodeRole::kReplica;
  s.replicas.clear();
  s.linked = true;
  s.syncing = true;
  s.lag = 30;
  s.failover.clear();
  s.refusal = "it lost its identity";
  s.kind = MemberKind::kReadReplica;
  s.members = {{"a", "127.0.0.1:7001", MemberKind::kMember},
               {"b", "127.0.0.1:7002", MemberKind::kReadReplica}};
  s.members_version = 4;
  s.members_change = "committing";
  EXPECT_EQ(InfoText(s, "replication"), R"(# Replication
role:slave
master_name:a
master_host:127.0.0.1
master_port:7001
master_link_status:up
master_sync_in_progress:1
slave_repl_offset:120
records_behind_master:30
connected_slaves:0
member_kind:read_replica
members_version:4
group_member0:name=a,address=127.0.0.1:7001,kind=member
group_member1:name=b,address=127.0.0.1:7002,kind=read_replica
members_change:committing
master_replid:00000000000000ff
master_repl_offset:150
epoch:3
commit_index:118
master_refusal:it lost its identity
)");
}

TEST(Info, SaysWhoIsMasterAndWhetherItIsDown) {
  NodeStatus s;
  s.server.group = "orders";
  s.role = {.master = "b", .master_address = "127.0.0.1:7002"};
  s.peers = {{.name = "b", .address = "127.0.0.1:7002", .sdown = true}};
  EXPECT_EQ(InfoText(s, "sentinel"), R"(# Sentinel
sentinel_masters:1
master0:name=orders,status=sdown,address=127.0.0.1:7002,slaves=1,sentinels=2
member0:name=b,ip=127.0.0.1,port=7002,role=master,status=sdown,last-ok-ping-reply=0
)");
}

TEST(Info, TheLastBucketOfAHistogramMayHaveNoEnd) {
  NodeStatus s;
  s.operations = {
      {.name = "get",
       .buckets = {{absl::Nanoseconds(2), 1}, {absl::InfiniteDuration(), 2}}}};
  EXPECT_EQ(InfoText(s, "latencyhistogram"), R"(# Latencyhistogram
latency_histogram_usec_get:0.002=1,inf=3
)");
}

TEST(Info, SaysNothingOfADiskThatIsNotThereAndErrOfOneThatFailed) {
  NodeStatus s;
  EXPECT_EQ(InfoText(s, "PERSISTENCE"), R"(# Persistence
loading:0
persistent:0
last_index:0
persisted_index:0
durable_index:0
log_first_index_in_memory:0
state_disk_bytes:0
log_disk_bytes:0
)");
  s.persistent = true;
  s.health = absl::InternalError("the disk failed");
  EXPECT_NE(InfoText(s, "Persistence").find("aof_last_write_status:err\n"),
            std::string::npos);
}

TEST(Info, AnUnknownSectionIsEmpty) {
  EXPECT_EQ(InfoText(Master(), "clients"), "");
}

}  // namespace
}  // namespace vigil
