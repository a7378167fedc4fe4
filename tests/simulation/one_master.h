// OneMaster: at most one master per epoch, never the same one twice, and one member that
// an epoch's leader wants promoted (invariant 1 of protocol.md).
#ifndef VIGIL_TESTS_SIMULATION_ONE_MASTER_H_
#define VIGIL_TESTS_SIMULATION_ONE_MASTER_H_

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "replication/position.h"

namespace vigil::simulation {

class OneMaster {
 public:
  std::string OnMaster(const Epoch& epoch, int machine) {
    if (masters_.emplace(epoch, machine).second) return {};
    return absl::StrCat("1: a second master of epoch ", ToString(epoch));
  }
  std::string OnPromoteAsked(const Epoch& epoch, int machine) {
    if (asked_.emplace(epoch, machine).first->second == machine) return {};
    return absl::StrCat("1: Promote of epoch ", ToString(epoch),
                        " was sent to two members");
  }

 private:
  std::map<Epoch, int> masters_;
  std::map<Epoch, int> asked_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_ONE_MASTER_H_
