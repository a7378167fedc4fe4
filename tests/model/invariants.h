// Invariants 2 and 3 of protocol.md, and the words for all of them. What
// concerns one step only (two masters, a stale read) the rules notice
// themselves and note in State::violation.
#ifndef VIGIL_TESTS_MODEL_INVARIANTS_H_
#define VIGIL_TESTS_MODEL_INVARIANTS_H_

#include <string_view>

#include "tests/model/model.h"

namespace vigil::model {

Violation Check(const Model& model, const State& state);

// "two masters in one epoch"
std::string_view ToString(Violation violation);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_INVARIANTS_H_
