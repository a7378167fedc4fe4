// AccountedWrites: every write is in the group's log at the end, or in some node's list
// of dropped writes, or it went with the memory or the disk of the node that had taken
// it (invariant 7 of protocol.md). And the other way about: what was told as dropped is
// not there, and what was acknowledged from the disk did not go with a crash.
#ifndef VIGIL_TESTS_SIMULATION_ACCOUNTED_WRITES_H_
#define VIGIL_TESTS_SIMULATION_ACCOUNTED_WRITES_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/simulation/log_tree.h"
#include "tests/simulation/operation.h"

namespace vigil::simulation {

class AccountedWrites {
 public:
  void OnDropped(const Position& at) { dropped_.insert(at); }
  // The log no longer had them when they were dropped, and said so.
  void OnUnread(const Position& at) { unread_.insert(at); }

  void OnCrash(int machine, const Branch& before) {
    crashed_[machine] = before;
  }
  void OnRecovered(int machine, const Branch& after) {
    const auto node = crashed_.extract(machine);
    if (node.empty()) return;
    const Branch& before = node.mapped();
    // A switch to another log is no loss.
    if (after.last > 0 && !before.Holds(after.history.PositionAt(after.last))) {
      return;
    }
    for (uint64_t i = after.last + 1; i <= before.last; ++i)
      lost_.insert(before.history.PositionAt(i));
  }
  // The crashed node's disk went, too.
  void OnWiped(int machine) {
    const auto node = crashed_.extract(machine);
    if (node.empty()) return;
    const Branch& had = node.mapped();
    for (uint64_t i = 1; i <= had.last; ++i)
      wiped_.insert(had.history.PositionAt(i));
  }

  std::string Check(const std::vector<const Operation*>& applied,
                    const Branch& branch) const {
    for (const Position& at : dropped_) {
      if (branch.Holds(at))
        return absl::StrCat("7: the write at ", ToString(at),
                            " is there and was told as dropped");
    }
    for (const Operation* op : applied) {
      if (branch.Holds(op->at) || dropped_.contains(op->at) ||
          unread_.contains(op->at) || wiped_.contains(op->at)) {
        continue;
      }
      if (!lost_.contains(op->at))
        return absl::StrCat("7: nobody told of the loss of ", ToString(op->at));
      if (op->acked && op->ack == Ack::kDisk)
        return absl::StrCat("7: a crash took the synced write at ",
                            ToString(op->at));
    }
    return {};
  }

  // And nothing is there that nobody wrote: each record of a key is an operation's, but
  // for what expires or is evicted.
  static std::string CheckRecords(const std::vector<const Operation*>& applied,
                                  const LogTree& tree, const Branch& branch) {
    std::set<Position> written;
    for (const Operation* op : applied) written.insert(op->at);
    std::string wrong;
    tree.ForEach(branch, [&](const Position& at, const auto& record) {
      const bool of_a_client = record.type == engine::RecordType::kSet ||
                               record.type == engine::RecordType::kBatch;
      if (of_a_client && wrong.empty() && !written.contains(at))
        wrong = absl::StrCat("7: nobody wrote the record at ", ToString(at));
    });
    return wrong;
  }

  size_t dropped() const { return dropped_.size(); }
  size_t lost() const { return lost_.size(); }

 private:
  std::set<Position> dropped_;
  std::set<Position> unread_;
  std::set<Position> lost_;  // with a process or a machine
  std::set<Position> wiped_;
  std::map<int, Branch> crashed_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_ACCOUNTED_WRITES_H_
