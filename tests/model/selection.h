// Whom a leader may promote, given what members answered: pure, and the same
// decision as sentinel/replica_selection.h, with changes of members.
#ifndef VIGIL_TESTS_MODEL_SELECTION_H_
#define VIGIL_TESTS_MODEL_SELECTION_H_

#include <array>

#include "tests/model/model.h"

namespace vigil::model {

struct Answer {
  bool given = false;
  bool formed = false;
  bool exact = false;
  Position position;
};
using Answers = std::array<Answer, kMembers>;

struct Selection {
  Members eligible = 0;      // any of them may be promoted
  bool all_members = false;  // by the all-N rule
  // The all-N rule, and no formed member has the greatest position: these may
  // be, once they have copied the missing tail from `holders`.
  Members after_copy = 0;
  Members holders = 0;
  Configuration configuration;
};

Selection Select(const Model& model, const State& state,
                 const Answers& answers);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_SELECTION_H_
