// Published: what the rest of the node may know of its member, at any moment. The
// replicator's thread writes it, everybody reads.
//
// Thread-safety: thread-safe, and no lock is held but its own. Reads do not wait for the
// replicator's thread, whatever that does.
#ifndef VIGIL_REPLICATION_PUBLISHED_H_
#define VIGIL_REPLICATION_PUBLISHED_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "replication/commit_point.h"
#include "replication/dropped_files.h"
#include "replication/leader_core.h"
#include "replication/log_facts.h"
#include "replication/member_messages.h"
#include "replication/position.h"
#include "replication/unreplicated.h"

namespace vigil::replication {

struct ReplicatorStatus {
  MemberView view;
  // The master of `view.epoch`, if known.
  std::string master_address;
  bool settled_master = false;  // master, and its epoch record is committed
  bool isolated = false;
  int good_replicas = 0;
  bool syncing = false;      // in a full sync or a rewind
  uint64_t master_last = 0;  // replica: the master's log end, as last heard
  uint64_t full_syncs = 0;
  uint64_t rewinds = 0;
  DroppedCounters dropped;
  std::string
      refusal;  // why the master refuses this replica; empty: it does not
  std::string reason;  // why the role is what it is
  // Master: the other members, read replicas and newcomers, as far as they follow.
  std::vector<std::pair<Member, ReplicaProgress>> replicas;
  std::string change_waits_for;  // why a change of members has not begun yet
};

// What a write must know before it begins; what is read of it together belongs together.
struct WriteTerms {
  Epoch epoch;  // that this node is master of; {}: it is not
  UnreplicatedFrom unreplicated;
  int good_replicas = 0;
  int replicas_needed = 0;      // min_replicas_to_write
  bool lacks_replicas = false;  // and no time is left to get them
};

class Published {
 public:
  explicit Published(int replicas_needed) : replicas_needed_(replicas_needed) {}

  // --- Anybody.
  // As of the last step; its position is of the log at `last_index`.
  MemberView ViewAt(uint64_t last_index) const;
  ReplicatorStatus status() const;
  History history() const;
  LogFacts log_facts() const;
  WriteTerms write_terms() const;
  CommitPoint commit_point() const;
  bool isolated() const { return isolated_; }

  // --- The replicator's thread.
  // Of a leader: its own. Returns what it was before.
  CommitPoint SetCommitPoint(const CommitPoint& now, const LeaderCore* leader);
  // No epoch is this node's any more.
  void EndEpoch();
  void SetHistory(const History& history);
  struct Changes {
    bool role = false;  // a subscriber to the role, or a sentinel, would notice
    bool log = false;   // log_facts()
  };
  // `reason` is kept for as long as the role is.
  Changes SetStatus(ReplicatorStatus status, const std::string& reason,
                    const History& history, bool lacks_replicas);

 private:
  const int replicas_needed_;
  mutable Mutex mu_;
  ReplicatorStatus status_ ABSL_GUARDED_BY(mu_);
  History history_ ABSL_GUARDED_BY(mu_);
  // On a replica: what the master says is committed, in the epoch {}.
  CommitPoint commit_point_ ABSL_GUARDED_BY(mu_);
  UnreplicatedFrom unreplicated_ ABSL_GUARDED_BY(mu_);
  bool lacks_replicas_ ABSL_GUARDED_BY(mu_) = false;
  std::atomic<bool> isolated_{false};
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_PUBLISHED_H_
