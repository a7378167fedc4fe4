// What a node tells of itself: plain snapshots, true at the moment of the call.
#ifndef VIGIL_STATUS_H_
#define VIGIL_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <string>
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

// Another member, as the master sees it.
struct ReplicaStatus {
  std::string name;
  std::string address;
  bool linked = false;      // its stream is up
  uint64_t held_index = 0;  // it holds the log up to here
  uint64_t lag = 0;         // records that it does not hold yet
};

// Another member's sentinel, as the one in this process sees it.
struct PeerStatus {
  std::string name;
  std::string address;
  bool sdown = false;        // subjectively down
  absl::Duration last_seen;  // since its last valid answer
};

struct NodeStatus {
  RoleView role;
  bool linked = false;           // replica: the stream from the master is up
  bool syncing = false;          // replica: in a full sync
  uint64_t last_index = 0;       // records in memory
  uint64_t persisted_index = 0;  // handed to the operating system
  uint64_t durable_index = 0;    // synced to disk
  uint64_t commit_index = 0;  // held by a commit quorum, as far as known here
  uint64_t lag = 0;  // replica: records behind the master, as far as known
  uint64_t keys = 0;
  uint64_t expired_keys =
      0;                    // deleted by this node because their time was over
  std::string refusal;      // why the master refuses this node, for example
                            // because it lost its identity; empty: it does not
  uint64_t full_syncs = 0;  // taken by this node since it started
  uint64_t dropped_writes =
      0;  // records of this node that the group did not have and
          // that a full sync replaced, since it started
  std::vector<ReplicaStatus> replicas;  // empty on a replica
  std::vector<PeerStatus> peers;
  std::string failover;  // state of the failover that this node's sentinel
                         // runs: "none", "wait_start", "select_replica", ...
  std::string obstacle;  // why this node's sentinel can bring about no master,
                         // although there is none; empty: nothing does
  absl::Status health;   // not OK: the storage failed, and why
};

}  // namespace vigil

#endif  // VIGIL_STATUS_H_
