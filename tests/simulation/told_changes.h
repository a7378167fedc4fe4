// ToldChanges: what one subscriber was told by change streams, on whatever node it was:
// every record once and in order, or a gap instead. What was told, and not taken back by
// a gap, is in the group's log at the end.
#ifndef VIGIL_TESTS_SIMULATION_TOLD_CHANGES_H_
#define VIGIL_TESTS_SIMULATION_TOLD_CHANGES_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "tests/simulation/log_tree.h"
#include "vigil/change.h"

namespace vigil::simulation {

class ToldChanges {
 public:
  // Each returns what is wrong; empty: nothing.
  std::string OnTold(const Position& at) {
    if (at.index != next_) {
      return absl::StrCat("changes: told of ", ToString(at), " where ", next_,
                          " should have come");
    }
    told_[next_++] = at.epoch;
    return {};
  }
  // It goes on with `next`.
  std::string OnGap(const ChangeGap& gap, uint64_t next) {
    if (gap.first_missing > next_ || gap.last_missing + 1 < next) {
      return absl::StrCat("changes: a gap from ", gap.first_missing, " to ",
                          gap.last_missing, ", between ", next_, " and ", next);
    }
    told_.erase(told_.lower_bound(gap.first_missing), told_.end());
    next_ = next;
    return {};
  }

  std::string Check(const Branch& branch,
                    absl::FunctionRef<bool(const Position&)> excused) const {
    for (const auto& [index, epoch] : told_) {
      const Position at{epoch, index};
      // A node that is behind, or was never told of its end, has not told yet.
      if (branch.Holds(at) || excused(at)) continue;
      return absl::StrCat("changes: ", ToString(at),
                          " was told, and is not in the log");
    }
    return {};
  }

 private:
  uint64_t next_ = 1;
  std::map<uint64_t, Epoch> told_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_TOLD_CHANGES_H_
