// QuorumSurvival: what was acknowledged at kQuorum is in every later master's data
// (invariant 3 of protocol.md), except after the all-members rule; what was acknowledged
// at kQuorumDurable always is.
#ifndef VIGIL_TESTS_SIMULATION_QUORUM_SURVIVAL_H_
#define VIGIL_TESTS_SIMULATION_QUORUM_SURVIVAL_H_

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/simulation/log_tree.h"

namespace vigil::simulation {

class QuorumSurvival {
 public:
  std::string OnAcked(const Position& at, bool durable) {
    bool& is_durable = acked_[at];
    is_durable = is_durable || durable;
    // A later master may be there already.
    if (latest_.last > 0 && at.epoch < latest_.history.last_epoch() &&
        !latest_.Holds(at)) {
      return Lost(at);
    }
    return {};
  }

  std::string OnMaster(const Epoch& epoch, const Branch& branch,
                       bool all_members) {
    for (auto it = acked_.begin(); it != acked_.end();) {
      const auto& [at, durable] = *it;
      if (branch.Holds(at) || at.epoch >= epoch) {
        ++it;
      } else if (all_members && !durable) {
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

  bool Excused(const Position& at) const { return excused_.contains(at); }

 private:
  static std::string Lost(const Position& at) {
    return absl::StrCat("3: a later master lacks the quorum's write at ",
                        ToString(at));
  }

  std::map<Position, bool> acked_;  // to: also synced by the quorum
  std::set<Position> excused_;
  Branch latest_;  // of the master of the highest epoch, when it began
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_QUORUM_SURVIVAL_H_
