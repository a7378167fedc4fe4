// FollowerCore: a replica's end of the stream from its master.
//
//            Follow            Welcome(continue)
//   idle ───────────▶ dialled ──────────────────▶ streaming ◀───────┐
//    ▲                   │  Welcome(full)                          │ exact:
//    │                   ├──────────────────────▶ staging ─────────┤ commit
//    │                   │  Welcome(rewind)                        │
//    │                   └──────────────────────▶ rewinding ───────┘
//    │ closed, refused, silent: back-off             │
//    └───────────────────────────────────────────────┘
//
// Rewinding is a full sync of only the keys that the tail touched, the records above
// the common index that the group does not have: the tail is read, its keys are asked
// for piece by piece, then the log comes. A rewind that fails is followed by a full
// sync. In both the tail is written down before, to be handed back.
//
// While staging or rewinding, the old data set stays whole in memory and on disk and is the
// one that counts. It is given up in one atomic write when the new one is exact:
// the walk or the look-up has ended, and the log is there up to where the master was
// then.
// A member that lost its tail with its machine is formed again when it holds the
// log up to the index that its master had on reading this start's nonce.
//
// The new one is committed by a tick, not by the message that completed it: by
// then every piece is known to be staged, so the state that CommitStaging
// carries is never ahead of the data. The acknowledgement waits for the next
// LogProgressed, which tells the new log's end.
//
// It changes MemberState (lineage, history, configurations, formed) only by what
// a Welcome of the epoch that it was told to follow says, and by the configurations
// among the records: those are on disk before the records are applied.
//
// Pure. Thread-compatible.
#ifndef VIGIL_REPLICATION_FOLLOWER_CORE_H_
#define VIGIL_REPLICATION_FOLLOWER_CORE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

  // `progress` is of before the message.
  void OnMessage(MessageReceived& event, const LogProgressed& progress,
                 MonoTime now, Actions& actions);
  void OnLinkClosed(std::string_view why, MonoTime now, Actions& actions);
  void OnTailRead(std::vector<std::string> keys, MonoTime now,
                  Actions& actions);
  void OnApplyFailed(std::string_view why, MonoTime now, Actions& actions);
  void OnProgress(const LogProgressed& progress, MonoTime now,
                  Actions& actions);
  void OnTick(const LogProgressed& progress, MonoTime now, Actions& actions);
  // Reads of this node up to the number `read` wait for the master's word.
  // REQUIRES: linked().
  void AskRead(uint64_t read, const LogProgressed& progress, MonoTime now,
               Actions& actions);
  // What the master has said of them on this stream: those up to the first number must
  // see the log up to the second.
  std::pair<uint64_t, uint64_t> read_answer() const { return read_answer_; }

  const Leader& leader() const { return leader_; }
  bool following() const { return static_cast<bool>(leader_.epoch); }
  // The stream is up: what is held is acknowledged.
  bool linked() const { return phase_ == Phase::kStreaming; }
  // Another data set, or a part of one, is on its way in.
  bool replacing() const {
    return phase_ == Phase::kStaging || phase_ == Phase::kRewinding;
  }
  LinkId link() const { return link_; }
  // Why the master refuses this node; empty: it does not.
  const std::string& refusal() const { return refusal_; }
  uint64_t commit() const { return commit_; }
  uint64_t master_last() const { return master_last_; }
  uint64_t full_syncs() const { return full_syncs_; }
  uint64_t rewinds() const { return rewinds_; }

 private:
  enum class Phase { kIdle, kDialled, kStreaming, kStaging, kRewinding };

  void Redial(uint64_t last, MonoTime now, Actions& actions);
  void Drop(std::string_view why, MonoTime now, Actions& actions);
  void OnWelcome(const Welcome& welcome, uint64_t last, MonoTime now,
                 Actions& actions);
  void OnRecords(Records records,
                 const std::vector<ConfigurationLog::Entry>& configurations,
                 const LogProgressed& progress, MonoTime now, Actions& actions);
  void Learn(const std::vector<ConfigurationLog::Entry>& configurations,
             Actions& actions);
  bool Fits(const Welcome& welcome, uint64_t last) const;
  void BeginReplacing(const Welcome& welcome, uint64_t last, Actions& actions);
  bool AwaitsEntries() const {
    return phase_ == Phase::kRewinding
               ? asked_
               : phase_ == Phase::kStaging && exact_at_ == 0;
  }
  void OnEntries(Entries entries, MonoTime now, Actions& actions);
  void OnEntriesEnd(const EntriesEnd& end, MonoTime now, Actions& actions);
  void SendNextKeys(Actions& actions);
  void Sync(uint64_t index, Actions& actions);
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

  uint64_t formed_at_ = 0;    // formed when the log is held up to here
  Welcome staged_;            // what the staged data set will be
  uint64_t staged_last_ = 0;  // the staged log's end
  uint64_t exact_at_ = 0;     // 0: the walk or the look-up has not ended
  // The new log counts, and the caller may not have told yet where it ends.
  bool switched_ = false;
  // Of a rewind.
  bool no_rewind_ = false;         // one has failed with this master
  std::vector<std::string> keys_;  // pieces not sent yet, the next one last
  bool asked_ = false;             // a piece is not answered yet

  std::string refusal_;
  uint64_t commit_ = 0;
  // Of this stream.
  uint64_t sync_asked_ = 0;
  uint64_t round_ = 0;
  uint64_t read_asked_ = 0;
  std::pair<uint64_t, uint64_t> read_answer_;
  uint64_t master_last_ = 0;
  uint64_t full_syncs_ = 0;
  uint64_t rewinds_ = 0;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_FOLLOWER_CORE_H_
