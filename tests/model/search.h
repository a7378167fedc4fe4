// Search: every state of a model, breadth first, so that the first violation
// found has the shortest trace. Whole states are kept, no hashes of them.
//
// Time: some 4 us a state. Memory: some 300 bytes a state.
#ifndef VIGIL_TESTS_MODEL_SEARCH_H_
#define VIGIL_TESTS_MODEL_SEARCH_H_

#include <cstddef>
#include <vector>

#include "tests/model/model.h"
#include "tests/model/step.h"

namespace vigil::model {

struct Result {
  Violation violation = Violation::kNone;
  // Without a violation: false if `states_max` ended the search.
  bool exhausted = false;
  size_t states = 0;
  int depth = 0;  // steps to the violation, or to the farthest state
  // From the start of the scope, its prefix included; empty: no violation.
  std::vector<Moves::Move> trace;
};

Result Search(const Model& model, size_t states_max);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_SEARCH_H_
