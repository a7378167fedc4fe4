// QuorumSurvival: what was acknowledged at kQuorum is in every later master's data
// (invariant 3 of protocol.md), except after the all-members rule; what was acknowledged
// at kQuorumDurable always is.
#ifndef VIGIL_TESTS_SIMULATION_QUORUM_SURVIVAL_H_
#define VIGIL_TESTS_SIMULATION_QUORUM_SURVIVAL_H_

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/simulation/held_by.h"
#include "tests/simulation/log_tree.h"

namespace vigil::simulation {

class QuorumSurvival {
 public:
  // `in`: the epoch in which a quorum acknowledged it, which may be later than that of
  // the record.
  std::string OnAcked(const Position& at, const Epoch& in, bool durable) {
    Acked& acked = acked_.emplace(at, Acked{in, durable}).first->second;
    acked.in = std::min(acked.in, in);
    acked.durable = acked.durable || durable;
    // A later master may be there already.
    if (latest_.last > 0 && in < latest_.history.last_epoch() &&
        !latest_.Holds(at)) {
      return Lost(at);
    }
    return {};
  }

  std::string OnMaster(const Epoch& epoch, const Branch& branch,
                       bool all_members) {
    for (auto it = acked_.begin(); it != acked_.end();) {
      const auto& [at, acked] = *it;
      if (branch.Holds(at) || acked.in >= epoch) {
        ++it;
      } else if (all_members && !acked.durable) {
        excused_.insert(at);
        it = acked_.erase(it);
      } else {
        return Lost(at);
      }
    }
    if (latest_.last == 0 || epoch > latest_.history.last_epoch())
      latest_ = branch;
    return {};
  }

  // A member that is formed lost nothing that it helped to acknowledge.
  std::string OnFormed(int machine, const Branch& branch,
                       const HeldBy& held) const {
    for (const auto& [at, acked] : acked_) {
      if (!held.Held(machine, at) || branch.Holds(at)) continue;
      return absl::StrCat("6: a member is formed again without the write at ",
                          ToString(at), " that it had acknowledged");
    }
    return {};
  }

  bool Excused(const Position& at) const { return excused_.contains(at); }

 private:
  static std::string Lost(const Position& at) {
    return absl::StrCat("3: a later master lacks the quorum's write at ",
                        ToString(at));
  }

  struct Acked {
    Epoch in;
    bool durable = false;  // also synced by the quorum
  };
  std::map<Position, Acked> acked_;
  std::set<Position> excused_;
  Branch latest_;  // of the master of the highest epoch, when it began
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_QUORUM_SURVIVAL_H_
