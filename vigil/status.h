// What a node tells of itself: plain snapshots, true at the moment of the call.
#ifndef VIGIL_STATUS_H_
#define VIGIL_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace vigil {

enum class NodeRole {
  kReplica,  // follows `master`, or waits for one if that is empty
  kMaster,   // has caught up and accepts writes
};

// A node's place in its group. What OnRole delivers.
struct RoleView {
  NodeRole role = NodeRole::kReplica;
  uint64_t epoch = 0;  // number of the epoch that this view is of
  std::string master;  // name of the master; empty: none known
  std::string master_address;
  std::string reason;  // why it changed, in words
  friend bool operator==(const RoleView&, const RoleView&) = default;
};

// What a node is in its group.
enum class MemberKind {
  kMember,  // votes, and counts for quorums
  kJoining,  // likewise, and is not yet all there: a change of members is under way
  kLeaving,      // likewise, and will not be there any more
  kReadReplica,  // follows the master, and counts for nothing
  kNewcomer,  // likewise, and the group has not recorded it: it has joined just now, was
              // removed, or lost its identity
};
// "member", "joining", "leaving", "read_replica", "newcomer"
std::string_view ToString(MemberKind kind);

// One of the group's nodes, as its log has recorded them.
struct MemberStatus {
  std::string name;
  std::string address;
  MemberKind kind = MemberKind::kMember;
};

// Another node that follows, or should, as the master sees it.
struct ReplicaStatus {
  std::string name;
  std::string address;
  MemberKind kind = MemberKind::kMember;
  bool linked = false;      // its stream is up
  uint64_t held_index = 0;  // it holds the log up to here
  uint64_t lag = 0;         // records that it does not hold yet
};

// What a failover at this moment could lose: this epoch's writes above commit_index.
struct UnreplicatedStatus {
  uint64_t operations = 0;  // records; a batch is one
  uint64_t bytes = 0;       // of them in the log
  absl::Duration age;       // of the oldest, to within a heartbeat
};

// Writes that this node has had done by its master (Options::forward_writes), and that
// others have had done here; since it started.
struct ForwardingStatus {
  uint64_t sent = 0;
  uint64_t retried =
      0;  // sent once more, as no answer came, or no master was there
  uint64_t recognised = 0;  // of those: had been done already
  uint64_t refused = 0;     // ended with an error, nothing being applied
  uint64_t unknown = 0;     // ended with an unknown outcome
  uint64_t under_way = 0;   // at the master, at this moment
  uint64_t waiting = 0;     // for a master, or for their turn
  uint64_t received = 0;    // master: of others, retries too
  uint64_t duplicates = 0;  // of those: had been done already
};

// Another member's sentinel, as the one in this process sees it.
struct PeerStatus {
  std::string name;
  std::string address;
  bool sdown = false;        // subjectively down
  absl::Duration last_seen;  // since its last valid answer
  std::string
      refusal;  // why one of the two does not let the other in (certificate,
                // secret, group, options, identity, lineage), and which; empty:
                // both do
};

// The node and its process.
struct ServerStatus {
  std::string version;  // of the library
  std::string group;
  std::string node_id;
  std::string address;  // where the others reach it
  int64_t process_id = 0;
  absl::Duration uptime;  // since the node was opened
};

// Writes that were refused, nothing being applied, by reason; of this node since it
// started. What is wrong with a write itself (kInvalidArgument) is not counted, nor what
// its condition forbids.
struct RefusedWrites {
  uint64_t memory = 0;        // max_memory is full and nothing can be evicted
  uint64_t log_full = 0;      // the disk was behind for all of the time-out
  uint64_t unreplicated = 0;  // a max_unreplicated_ bound, likewise
  uint64_t replicas = 0;      // fewer good ones than min_replicas_to_write
  uint64_t quorum = 0;        // too few members in reach for the Ack
  uint64_t not_master = 0;
  uint64_t storage = 0;  // the disk has failed
};

// What writes wait for, so that memory and loss are bounded.
struct BackPressureStatus {
  // Of the log: not handed to the operating system yet. Writes wait from
  // Options::log_memory_bytes on.
  uint64_t backlog_bytes = 0;
  uint64_t waiting_writes = 0;  // at this moment
  uint64_t delayed_writes = 0;  // have waited since the node started
  absl::Duration delayed;       // altogether
  RefusedWrites refused;
};

struct MemoryStatus {
  std::string policy;          // of eviction, with Redis' name for it
  uint64_t limit_bytes = 0;    // max_memory; 0: none
  uint64_t used_bytes = 0;     // what the limit counts: the next three together
  uint64_t entries_bytes = 0;  // keys, values, and what stands beside them
  uint64_t table_bytes =
      0;  // the slots that find them, and what finds the slots
  // What the eviction policy remembers beside the entries, and the names of keys that have
  // gone and are still to be deleted on disk.
  uint64_t overhead_bytes = 0;
  uint64_t log_bytes = 0;  // the newest part of the log; not in used_bytes
  // Large values that have gone: their memory is still to be returned to the system, in
  // the background; or was.
  uint64_t unfreed_values = 0;
  uint64_t unfreed_bytes = 0;
  uint64_t freed_values = 0;
  // Bytes that the allocator gave for entries, over the bytes asked for; 0: unknown.
  double fragmentation = 0;
};

// Of the operations that were timed, those that took less than `below`, and no less than
// the bucket before: buckets are 1/16 of a power of two wide, and empty ones are left out.
struct LatencyBucket {
  absl::Duration below;
  uint64_t count = 0;
};

// One kind of operation, with Redis' name for it: "get", "set", "mget", "exec", ...
struct OperationStatus {
  std::string name;
  uint64_t calls = 0;
  // How many of them were timed: all writes, and a sample of short reads. The times are
  // of these, percentiles at most 3.2 % off.
  uint64_t timed = 0;
  absl::Duration mean;
  absl::Duration p50;
  absl::Duration p99;
  absl::Duration p999;
  absl::Duration max;
  std::vector<LatencyBucket> buckets;  // shortest first
};

// One numbered database that is not empty.
struct KeyspaceStatus {
  int database = 0;
  uint64_t keys = 0;  // with those whose time is over but which are still there
  uint64_t expires = 0;  // of them: have a time to live
};

// Work that takes its time: "load", "replay" (of the log, its records counting as keys),
// "full_sync", "rewind", "flush" (erasing what was flushed, without bytes), "backup",
// "verify", "restore" (of whose keys as large a part is done as of the bytes).
struct WorkStatus {
  std::string what;
  uint64_t keys = 0;         // done
  uint64_t total = 0;        // keys to do, about; 0: unknown
  uint64_t bytes = 0;        // done
  uint64_t total_bytes = 0;  // to do, about; 0: unknown
  // Since it began.
  double keys_per_second = 0;
  double bytes_per_second = 0;
  absl::Duration eta = absl::InfiniteDuration();  // infinite: unknown
};

// An operation that took at least Options::slow_log_threshold.
struct SlowOperation {
  uint64_t id = 0;
  absl::Time ended;
  absl::Duration took;
  std::string operation;
  std::string key;  // its first 128 bytes
  uint64_t key_bytes = 0;
  uint64_t value_bytes = 0;
};

// A key that takes a large share of the calls, found by sampling.
struct HotKey {
  int database = 0;
  std::string key;       // its first 128 bytes
  double share = 0;      // of the recent calls: certainly no less than this,
  double share_max = 0;  // and no more than this
};

// One of the largest entries that the last walk over the keys found.
struct BigKey {
  int database = 0;
  std::string key;     // its first 128 bytes
  uint64_t bytes = 0;  // of key and value
};

struct NodeStatus {
  RoleView role;
  bool linked = false;           // replica: the stream from the master is up
  bool syncing = false;          // replica: in a full sync or a rewind
  uint64_t last_index = 0;       // records in memory
  uint64_t persisted_index = 0;  // handed to the operating system
  uint64_t durable_index = 0;    // synced to disk
  uint64_t commit_index = 0;  // held by a commit quorum, as far as known here
  uint64_t lag = 0;  // replica: records behind the master, as far as known
  uint64_t keys = 0;
  uint64_t expired_keys =
      0;  // deleted by this node because their time was over
  std::string
      refusal;  // why the master refuses this node, for example because it lost
                // its identity, or, while there is none, why a member does;
                // empty: nobody does
  // Since this node started: data taken whole from a master, and only what differed.
  uint64_t full_syncs = 0;
  uint64_t rewinds = 0;
  // Since then it was found that the group does not have these writes of this node
  // (dropped_writes.h): of keys, and the bytes of keys and values.
  uint64_t dropped_writes = 0;
  uint64_t dropped_bytes = 0;
  std::string dropped_file;         // the last of them; empty: none
  int good_replicas = 0;            // master: as min_replicas_to_write counts
  UnreplicatedStatus unreplicated;  // master
  ForwardingStatus forwarding;
  std::vector<ReplicaStatus> replicas;    // empty on a replica
  MemberKind kind = MemberKind::kMember;  // of this node
  // Who the members and read replicas are, as far as this node's log goes; empty until
  // it knows. The version counts the changes.
  std::vector<MemberStatus> members;
  uint64_t members_version = 0;
  // Why a change of members that was asked for has not begun yet; or "committing", while
  // one is on its way through the log; empty: there is none.
  std::string members_change;
  std::vector<PeerStatus> peers;
  std::string failover;  // state of the failover that this node's sentinel
                         // runs: "none", "wait_start", "select_replica", ...
  std::string obstacle;  // why this node's sentinel can bring about no master,
                         // although there is none; empty: nothing does
  absl::Status health;   // not OK: the storage failed, and why

  ServerStatus server;
  std::string lineage;  // identity of the data set; empty: not formed yet
  MemoryStatus memory;
  bool persistent = false;        // there is a data_dir
  uint64_t checkpoint_index = 0;  // the state on disk has everything up to here
  uint64_t log_first_index = 0;   // oldest record still in memory
  uint64_t state_disk_bytes = 0;  // of the entries on disk, about
  uint64_t log_disk_bytes = 0;    // of the records that are kept on disk
  uint64_t hits = 0;              // of keys that reads looked for
  uint64_t misses = 0;
  uint64_t evicted_keys = 0;  // deleted by this node because memory was needed
  BackPressureStatus back_pressure;
  std::vector<OperationStatus> operations;  // that were called
  std::vector<KeyspaceStatus> keyspaces;    // by database
  std::vector<WorkStatus> works;            // under way
  std::vector<SlowOperation> slow_log;      // newest first
  std::vector<HotKey> hot_keys;             // hottest first
  std::vector<BigKey> big_keys;             // largest first
};

}  // namespace vigil

#endif  // VIGIL_STATUS_H_
