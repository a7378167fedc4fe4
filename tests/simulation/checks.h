// Checks: the invariants of protocol.md, each in a class of its own, and the first of
// them that was broken.
//
//   1 OneMaster         2 LogTree            3 QuorumSurvival, HeldBy
//   4 LinearOrder       5 Simulation::Heal   6 FormedPromoted
//   7 AccountedWrites   8 WholeBatches       9 ToldAfterDisk
//   changes: ToldChanges
#ifndef VIGIL_TESTS_SIMULATION_CHECKS_H_
#define VIGIL_TESTS_SIMULATION_CHECKS_H_

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "replication/member_state.h"
#include "tests/simulation/accounted_writes.h"
#include "tests/simulation/formed_promoted.h"
#include "tests/simulation/held_by.h"
#include "tests/simulation/linear_order.h"
#include "tests/simulation/log_tree.h"
#include "tests/simulation/one_master.h"
#include "tests/simulation/operation.h"
#include "tests/simulation/quorum_survival.h"
#include "tests/simulation/told_after_disk.h"
#include "tests/simulation/whole_batches.h"

namespace vigil::simulation {

class Checks {
 public:
  // Of a group of so many members.
  explicit Checks(int members) : held_(members / 2 + 1) {}

  const std::string& violation() const { return violation_; }
  void Fail(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }

  struct Promotion {
    bool all_members = false;
    bool was_unformed = false;
  };
  void OnMaster(int machine, const Epoch& epoch, const Branch& branch,
                const Promotion& how) {
    ++promotions;
    Fail(one_master_.OnMaster(epoch, machine));
    Fail(quorum_.OnMaster(epoch, branch, how.all_members));
    Fail(formed_.OnMaster(machine, how.was_unformed, how.all_members));
  }
  void OnPromoteAsked(const Epoch& epoch, int machine) {
    Fail(one_master_.OnPromoteAsked(epoch, machine));
  }
  void OnTold(const replication::MemberState& state, bool is_master,
              const std::string& disk) {
    Fail(told_.OnTold(state, is_master, disk));
  }
  void OnVote(NodeId voter, uint64_t number, NodeId candidate,
              const std::string& disk) {
    Fail(told_.OnVote(voter, number, candidate, disk));
  }
  void OnStarted(const replication::MemberState& state) {
    Fail(told_.OnStarted(state));
  }
  void OnState(int machine, bool formed, const Branch& branch) {
    if (formed && !formed_.IsFormed(machine))
      Fail(quorum_.OnFormed(machine, branch, held_));
    formed_.OnState(machine, formed);
  }
  // This node tells what was dropped for `epoch`, as master or as a replica.
  void OnSettled(const Epoch& epoch) { Fail(held_.OnEpochCommitted(epoch)); }
  void OnAckSent(const Epoch& epoch, const Epoch& promise) {
    if (epoch >= promise) return;
    Fail(absl::StrCat("9: acknowledged in epoch ", ToString(epoch),
                      " after the promise of ", ToString(promise)));
  }
  void OnWiped(int machine) { formed_.OnState(machine, false); }
  void OnHeld(int machine, const Position& at) { held_.OnHeld(machine, at); }
  void OnSynced(int machine, const Position& at) {
    held_.OnSynced(machine, at);
  }

  void OnAcked(Operation& op, MonoTime now) {
    op.acked = true;
    op.answered = now;
    if (op.at.index != 0 && op.of_quorum())
      OnCommitted(op.at, op.at.epoch, op.ack == Ack::kQuorumDurable);
  }

  // Whoever is told that nothing was applied may write it again.
  void OnRefused(const Operation& op, const absl::Status& why) {
    const bool unknown = absl::IsDeadlineExceeded(why) ||
                         absl::IsInternal(why) || absl::IsCancelled(why);
    if (op.at.index != 0 && !unknown) {
      Fail(absl::StrCat("7: the write at ", ToString(op.at),
                        " was told as not applied: ", why.ToString()));
    }
  }

  // What is read stays, as what a quorum has acknowledged.
  // `in`: the epoch that this node is in.
  void OnRead(ReadOperation& read, const Position& position, const Epoch& in,
              MonoTime now) {
    ++reads;
    read.answered = true;
    read.at = now;
    read.position = position;
    OnCommitted(position, in, /*durable=*/false);
  }
  // A failover does not take back what a change stream told as committed.
  void OnToldAsCommitted(const Position& at, const Epoch& in) {
    OnCommitted(at, in, /*durable=*/false);
  }
  bool Excused(const Position& at) const { return quorum_.Excused(at); }
  // A read that was to see what `session` says, and that node has `branch`.
  void OnSessionRead(const Position& session, const Branch& branch) {
    ++reads;
    // Its receipt has no more than the number of the epoch.
    if (session.index <= branch.last &&
        branch.history.EpochAt(session.index).number == session.epoch.number) {
      return;
    }
    Fail(absl::StrCat("4: a session read without its own write at ",
                      ToString(session)));
  }

  void CheckAtEnd(const Branch& branch) {
    std::vector<const Operation*> applied;
    std::vector<const ReadOperation*> read;
    std::vector<LinearOrder::Witness> acked;
    for (const Operation& op : operations) {
      if (op.at.index == 0) continue;
      applied.push_back(&op);
      if (!op.of_quorum() || quorum_.Excused(op.at)) continue;
      acked.push_back({op.at, op.invoked, op.answered});
      if (!branch.Holds(op.at))
        Fail(absl::StrCat("3: the quorum's write at ", ToString(op.at),
                          " is gone"));
    }
    for (const ReadOperation& each : linear_reads) {
      if (!each.answered || quorum_.Excused(each.position)) continue;
      read.push_back(&each);
      acked.push_back({each.position, each.invoked, each.at, /*read=*/true});
      if (!branch.Holds(each.position))
        Fail(absl::StrCat("4: what was read at ", ToString(each.position),
                          " is gone"));
    }
    Fail(LinearOrder::CheckTimes(std::move(acked)));
    Fail(LinearOrder::CheckAnswers(applied, read, tree, branch));
    Fail(writes.Check(applied, branch));
    Fail(writes.CheckRecords(applied, tree, branch));
  }

  LogTree tree;
  AccountedWrites writes;
  std::deque<Operation> operations;  // a reference stays good
  std::deque<ReadOperation> linear_reads;
  uint64_t reads = 0;  // that were answered
  uint64_t promotions = 0;

 private:
  void OnCommitted(const Position& at, const Epoch& in, bool durable) {
    Fail(held_.OnAcked(at, durable));
    Fail(held_.OnEpochCommitted(in));
    Fail(quorum_.OnAcked(at, in, durable));
  }

  std::string violation_;
  HeldBy held_;
  OneMaster one_master_;
  QuorumSurvival quorum_;
  FormedPromoted formed_;
  ToldAfterDisk told_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_CHECKS_H_
