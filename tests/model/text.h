// Steps, states and results in words.
#ifndef VIGIL_TESTS_MODEL_TEXT_H_
#define VIGIL_TESTS_MODEL_TEXT_H_

#include <string>

#include "tests/model/scope.h"
#include "tests/model/search.h"

namespace vigil::model {

// "B receives the stream of epoch 2 up to 3"
std::string ToString(const Scope& scope, const Step& step);

// A line for each node: "A  1e 1w | promise 2 | master of 1 | formed".
std::string ToString(const Scope& scope, const State& state);

// The steps, numbered, what is wrong with the state that they lead to, and
// that state.
std::string TraceOf(const Scope& scope, const Result& result);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_TEXT_H_
