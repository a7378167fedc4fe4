// FormedPromoted: an unformed node is never promoted while a formed member exists
// (invariant 6 of protocol.md), and never outside of the all-members rule.
#ifndef VIGIL_TESTS_SIMULATION_FORMED_PROMOTED_H_
#define VIGIL_TESTS_SIMULATION_FORMED_PROMOTED_H_

#include <map>
#include <string>

namespace vigil::simulation {

class FormedPromoted {
 public:
  void OnState(int machine, bool formed) { formed_[machine] = formed; }
  // True of one that was never seen.
  bool IsFormed(int machine) const {
    const auto it = formed_.find(machine);
    return it == formed_.end() || it->second;
  }
  std::string OnMaster(int machine, bool was_unformed, bool all_members) {
    if (!was_unformed) return {};
    if (!all_members) return "6: an unformed member was promoted";
    for (const auto& [other, formed] : formed_) {
      if (other != machine && formed)
        return "6: an unformed member was promoted, and a formed one exists";
    }
    return {};
  }

 private:
  std::map<int, bool> formed_;  // as it was seen last
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_FORMED_PROMOTED_H_
