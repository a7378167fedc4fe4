// Sentinel: the core. Watches the members of one group, agrees with the other
// sentinels that the master is down, and, if elected, promotes the best
// replica.
//
//    Event ──▶ ┌ monitor (always) ────────────────────────────┐
//              │ Tilt  FailureDetector  Topology  MasterWatch  │ ──▶ Actions
//              ├ act (suspects nobody in TILT) ────────────────┤
//              │ Election (Voter, Ballot)   Failover           │
//              └───────────────────────────────────────────────┘
//
// This class only sequences; each part has its own file and its own test.
//
// Pure: no thread, lock, socket or clock. The same options, state and calls give the
// same actions.
//
// Invariants: it votes once per epoch number, sends Promote to one member only in an
// epoch that it won, and does both only after its vote is saved. Everything else that
// it may get wrong costs time and no data: members check every word (protocol.md).
//
// Time: an argument of Step; the caller steps at wake() at the latest.
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_SENTINEL_H_
#define VIGIL_SENTINEL_SENTINEL_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "replication/member_messages.h"
#include "sentinel/election.h"
#include "sentinel/failover.h"
#include "sentinel/master_watch.h"
#include "sentinel/options.h"
#include "sentinel/outbox.h"
#include "sentinel/persistent_state.h"
#include "sentinel/status.h"
#include "sentinel/step.h"
#include "sentinel/tilt.h"
#include "sentinel/topology.h"

namespace vigil::sentinel {

class Sentinel {
 public:
  // `state` is what the last SaveState of this identity saved; {} at the first
  // start. REQUIRES: options.Validate() is OK.
  Sentinel(const Options& options, const PersistentState& state, MonoTime now);
  Sentinel(const Sentinel&) = delete;
  Sentinel& operator=(const Sentinel&) = delete;

  // `own` is the member beside this sentinel as it is now.
  std::vector<Action> Step(const Event& event,
                           const replication::MemberView& own, MonoTime now);

  // When the next step is due, if nothing happens before.
  MonoTime wake() const { return wake_; }

  Status status(MonoTime now) const;

 private:
  void NoticeStall(MonoTime now);
  void Handle(const TimePassed&, MonoTime) {}
  void Handle(const QuestionAsked& asked, MonoTime now);
  void Handle(const Answered& answered, MonoTime now);
  void Handle(const AskFailed& failed, MonoTime now);
  void HearRefusal(Instance& instance, const AskFailed& failed);
  std::string OtherLineage(const Instance& peer) const;
  std::string RefusalOf(const Instance& peer) const;
  void Handle(const SaveFailed& failed, MonoTime now);

  void HandlePing(const QuestionAsked& asked, MonoTime now);
  void HandlePong(Instance& instance, const Answered& answered, MonoTime now);
  absl::Status Admit(const Question& question);
  void LearnView(Instance& instance, const replication::MemberView& view,
                 MonoTime now);
  void Hear(Instance& instance, uint64_t epoch, const Opinion& opinion,
            MonoTime now);

  void Watch(MonoTime now);
  void JudgePeers(MonoTime now);
  void JudgeMaster(MonoTime now);
  void Act(MonoTime now);
  void RepointOwnMember(MonoTime now);
  void SendPings(MonoTime now);
  void Seek(MonoTime now);
  MonoTime NextWake(MonoTime now) const;
  Election::Situation situation() const;
  std::string Obstacle() const;

  Options options_;
  Outbox outbox_;
  Topology topology_;
  Tilt tilt_;
  MasterWatch watch_;
  Election election_;
  Failover failover_;

  std::string announced_master_;  // of the last +switch-master
  Epoch announced_epoch_;
  Opinion said_;  // the opinion that the peers were last told
  std::optional<MonoTime> astray_since_;  // the own member does not follow
  MonoTime repoint_due_;
  MonoTime seek_due_;                // the next question to those whom it joins
  std::string seed_refusal_;         // why the last of them did not answer
  std::set<std::string> strangers_;  // reported
  MonoTime wake_;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_SENTINEL_H_
