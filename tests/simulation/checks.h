// Checks: the invariants of protocol.md, each in a class of its own, and the first of
// them that was broken.
//
//   1 OneMaster         2 LogTree            3 QuorumSurvival
//   4 LinearOrder       5 Simulation::Heal   6 FormedPromoted
//   7 AccountedWrites   8 WholeBatches       9 ToldAfterDisk
#ifndef VIGIL_TESTS_SIMULATION_CHECKS_H_
#define VIGIL_TESTS_SIMULATION_CHECKS_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "replication/member_state.h"
#include "tests/simulation/accounted_writes.h"
#include "tests/simulation/formed_promoted.h"
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
  void OnState(int machine, bool formed) { formed_.OnState(machine, formed); }

  void OnAcked(Operation& op, MonoTime now) {
    op.acked = true;
    op.answered = now;
    if (op.at.index != 0 && op.of_quorum())
      Fail(quorum_.OnAcked(op.at, op.ack == Ack::kQuorumDurable));
  }

  void CheckAtEnd(const Branch& branch) {
    std::vector<const Operation*> applied;
    std::vector<const Operation*> acked;
    for (const Operation& op : operations) {
      if (op.at.index == 0) continue;
      applied.push_back(&op);
      if (!op.of_quorum() || quorum_.Excused(op.at)) continue;
      acked.push_back(&op);
      if (!branch.Holds(op.at))
        Fail(absl::StrCat("3: the quorum's write at ", ToString(op.at),
                          " is gone"));
    }
    Fail(LinearOrder::CheckTimes(acked));
    Fail(LinearOrder::CheckAnswers(applied, tree, branch));
    Fail(writes.Check(applied, branch));
  }

  LogTree tree;
  AccountedWrites writes;
  std::deque<Operation> operations;  // a reference stays good
  uint64_t promotions = 0;

 private:
  std::string violation_;
  OneMaster one_master_;
  QuorumSurvival quorum_;
  FormedPromoted formed_;
  ToldAfterDisk told_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_CHECKS_H_
