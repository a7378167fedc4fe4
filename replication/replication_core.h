// ReplicationCore: what a member does, as one pure state machine.
//
//                        Promote(e)
//       ┌─────────┐ ──────────────────▶ ┌────────┐
//    ┌─▶│ replica │                     │ master │  of epoch e
//    │  └─────────┘ ◀────────────────── └────────┘
//    └──────┘          Fence, ReplicaOf or Hello of a higher epoch;
//    ReplicaOf, Fence  a broken disk
//
// Rules, each with the invariant of protocol.md that it keeps:
//   - the promise never falls, and is on disk before anyone is answered (4, 9);
//   - a message of a higher epoch first raises the promise; a lower one is
//     refused;
//   - a member is promoted only in the epoch of its promise, only from the
//     position and the start (nonce) that it told the leader, never twice (1);
//   - a master that stepped down never writes in its old epoch again (2);
//   - one change of members at a time, joint and then final, each recorded in the log
//     and in force from its append on (replication_changes.cc);
//   - what was dropped is told when the epoch that it was dropped for has committed a
//     record: before, another master could still bring it back (7).
//
// Time: as an argument. Randomness: seeded. Thread-compatible.
#ifndef VIGIL_REPLICATION_REPLICATION_CORE_H_
#define VIGIL_REPLICATION_REPLICATION_CORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "replication/action.h"
#include "replication/follower_core.h"
#include "replication/leader_core.h"
#include "replication/member_state.h"
#include "replication/options.h"
#include "replication/waiting_reads.h"

namespace vigil::replication {

class ReplicationCore {
 public:
  // `state` is as it was read from disk, `last` the end of the recovered log.
  // `nonce` is fresh and random for this start of the process.
  ReplicationCore(const Options& options, MemberState state, uint64_t last,
                  uint64_t nonce, uint64_t seed);

  Actions Step(Event event, MonoTime now);

  // The member as it is when its log ends at `last`.
  MemberView ViewAt(uint64_t last) const;

  bool is_master() const { return leader_ != nullptr; }
  // The epoch that it is master of; {} on a replica.
  Epoch master_epoch() const { return leader_ ? leader_->epoch() : Epoch{}; }
  // As master: has the epoch record been committed? Only then are records of
  // older epochs safe, and only then is the role told to the application.
  bool is_settled_master() const { return leader_ && leader_->commit() > 0; }
  bool is_isolated() const { return isolated_; }
  // As master: the good replicas, and whether they are too few to accept writes.
  int good_replicas() const { return good_replicas_; }
  bool lacks_replicas() const { return lacks_replicas_; }
  uint64_t commit() const;
  const LeaderCore* leader() const { return leader_.get(); }
  const FollowerCore& follower() const { return follower_; }
  const MemberState& state() const { return state_; }
  // As master: who follows on which stream, members or not.
  const std::map<LinkId, Member>& replica_links() const {
    return replica_links_;
  }
  // The configuration that is in force.
  const Configuration& configuration() const;
  // As master: what is waited for with the change that was asked for; empty: there is
  // none, or it is on its way through the log.
  std::string change_waits_for() const;

 private:
  // A change that somebody waits for.
  struct AskedChange {
    Token token = 0;
    ChangeRequest request;
    MonoTime deadline;
    uint64_t asked_at = 0;  // the log's end then
    bool begun = false;     // its first record is in the log, or on its way
    std::string waits_for;  // before that
  };

  void On(const LogProgressed& event, MonoTime now);
  void On(const GateClosed& event, MonoTime now);
  void On(const StorageFailed& event, MonoTime now);
  void On(const Ticked& event, MonoTime now);
  void On(const FenceAsked& event, MonoTime now);
  void On(const PromoteAsked& event, MonoTime now);
  void On(const ReplicaOfAsked& event, MonoTime now);
  void On(const ReadAsked& event, MonoTime now);
  void On(const CommitAsked& event, MonoTime now);
  void On(const RecordAsked& event, MonoTime now);
  void On(const ReadGivenUp& event, MonoTime now);
  void On(const ChangeAsked& event, MonoTime now);
  void On(const ConfigurationAppended& event, MonoTime now);
  void On(MessageReceived& event, MonoTime now);
  void On(const LinkClosed& event, MonoTime now);
  void On(TailRead& event, MonoTime now);
  void On(const ApplyFailed& event, MonoTime now);

  void OnHello(LinkId link, const Hello& hello, uint64_t log_holds_from,
               MonoTime now);
  void CountReplicas(MonoTime now);
  void Settle();
  // Of which epoch a read can be at present, on which stream; {}: of none.
  std::pair<Epoch, LinkId> ReadingFrom() const;
  void BeginRound(LinkId reader, uint64_t read);
  void AskMaster(uint64_t read, MonoTime now);
  void AnswerReads(MonoTime now);
  void AnswerForRecords();
  void RaisePromise(const Epoch& epoch, std::string_view why);
  void StepDown(std::string_view why);
  std::string RefusalToPromote(const PromoteRequest& request) const;
  void BecomeMaster(const PromoteRequest& request, MonoTime now);
  void ForgetReplicaLink(LinkId link);
  void AdvanceChange(MonoTime now);
  void BeginChange();
  std::string WhyNotYet(const Change& change) const;
  void Append(Configuration configuration);
  void AnswerChangeAsked(const absl::Status& status);

  const Options options_;
  const uint64_t nonce_;
  Random random_;
  MemberState state_;
  LogProgressed log_;
  bool healthy_ = true;
  bool isolated_ = false;
  int good_replicas_ = 0;
  bool lacks_replicas_ = false;

  // The epoch, and how many data sets were replaced, when what was dropped was
  // settled last.
  std::pair<Epoch, uint64_t> settled_;

  WaitingReads reads_;
  std::pair<Epoch, LinkId> reads_from_;  // the master that they wait for

  FollowerCore follower_;
  std::unique_ptr<LeaderCore> leader_;      // while master
  std::map<LinkId, Member> replica_links_;  // while master
  std::optional<AskedChange> change_;       // while master

  Actions actions_;  // of the step at hand
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_REPLICATION_CORE_H_
