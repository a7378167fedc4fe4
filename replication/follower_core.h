// FollowerCore: a replica's end of the stream from its master.
//
//            Follow            Welcome(continue)
//   idle ───────────▶ dialled ──────────────────▶ streaming ◀───────┐
//    ▲                   │  Welcome(full)                          │ exact:
//    │                   └──────────────────────▶ staging ──────────┘ commit
//    │ closed, refused, silent: back-off             │
//    └───────────────────────────────────────────────┘
//
// While staging, the old data set stays whole in memory and on disk and is the
// one that counts. It is given up in one atomic write when the new one is exact:
// the walk has ended, and the log is there up to where the master was then.
// A member that lost its tail with its machine is formed again when it holds the
// log up to the index that its master had on reading this start's nonce.
//
// A full sync is committed by a tick, not by the message that completed it: by
// then every piece is known to be staged, so the state that CommitStaging
// carries is never ahead of the data. The acknowledgement waits for the next
// LogProgressed, which tells the new log's end.
//
// It changes MemberState (lineage, history, configuration, formed) only by what
// a Welcome of the epoch that it was told to follow says.
//
// Pure. Thread-compatible.
#ifndef VIGIL_REPLICATION_FOLLOWER_CORE_H_
#define VIGIL_REPLICATION_FOLLOWER_CORE_H_

#include <cstdint>
#include <string>

#include "engine/base/clock.h"
#include "replication/action.h"
#include "replication/options.h"

namespace vigil::replication {

// The master to follow.
struct Leader {
  Epoch epoch;
  std::string name;
  std::string address;
  NodeId id;
  friend bool operator==(const Leader&, const Leader&) = default;
};

class FollowerCore {
 public:
  // `state` is the member's, shared with the coordinator, and outlives this.
  FollowerCore(const Options& options, uint64_t nonce, MemberState& state);

  // Follows `leader`, dialling at once. `last` is the log's end.
  void Follow(const Leader& leader, uint64_t last, MonoTime now,
              Actions& actions);
  // Follows nobody; an unfinished full sync is dropped.
  void Stop(std::string_view why, Actions& actions);

  // `last` is the log's end before the message.
  void OnMessage(Message message, uint64_t last, MonoTime now,
                 Actions& actions);
  void OnLinkClosed(std::string_view why, MonoTime now, Actions& actions);
  void OnApplyFailed(std::string_view why, MonoTime now, Actions& actions);
  void OnProgress(const LogProgressed& progress, MonoTime now,
                  Actions& actions);
  void OnTick(const LogProgressed& progress, MonoTime now, Actions& actions);

  const Leader& leader() const { return leader_; }
  bool following() const { return static_cast<bool>(leader_.epoch); }
  // The stream is up: what is held is acknowledged.
  bool linked() const { return phase_ == Phase::kStreaming; }
  bool staging() const { return phase_ == Phase::kStaging; }
  LinkId link() const { return link_; }
  // Why the master refuses this node; empty: it does not.
  const std::string& refusal() const { return refusal_; }
  uint64_t commit() const { return commit_; }
  uint64_t master_last() const { return master_last_; }
  uint64_t full_syncs() const { return full_syncs_; }
  uint64_t dropped_writes() const { return dropped_writes_; }

 private:
  enum class Phase { kIdle, kDialled, kStreaming, kStaging };

  void Redial(uint64_t last, MonoTime now, Actions& actions);
  void Drop(std::string_view why, MonoTime now, Actions& actions);
  void OnWelcome(const Welcome& welcome, uint64_t last, MonoTime now,
                 Actions& actions);
  void OnRecords(Records records, uint64_t last, MonoTime now,
                 Actions& actions);
  void CommitStaged(Actions& actions);
  void Acknowledge(const LogProgressed& progress, MonoTime now,
                   Actions& actions);

  const Options options_;
  const uint64_t nonce_;
  MemberState& state_;

  Leader leader_;
  Phase phase_ = Phase::kIdle;
  LinkId link_ = 0;
  uint64_t links_dialled_ = 0;
  MonoTime dial_at_;
  absl::Duration pause_;
  MonoTime heard_;
  MonoTime acked_;

  uint64_t formed_at_ = 0;      // formed when the log is held up to here
  Welcome staged_;              // what the staged data set will be
  uint64_t staged_last_ = 0;    // the staged log's end
  uint64_t exact_at_ = 0;       // 0: the walk has not ended
  uint64_t replaced_last_ = 0;  // the old log's end

  std::string refusal_;
  uint64_t commit_ = 0;
  uint64_t master_last_ = 0;
  uint64_t full_syncs_ = 0;
  uint64_t dropped_writes_ = 0;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_FOLLOWER_CORE_H_
