// Case: one search, and what it has to find. The table that the test runs.
#ifndef VIGIL_TESTS_MODEL_CASES_H_
#define VIGIL_TESTS_MODEL_CASES_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "tests/model/model.h"

namespace vigil::model {

struct Case {
  std::string_view scope;
  std::string_view variant;  // "": the design
  Violation finds = Violation::kNone;
  int steps = 0;  // of the shortest trace
};

std::span<const Case> Cases();

// REQUIRES: both exist; the variant may be "".
Model ModelOf(std::string_view scope, std::string_view variant);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_CASES_H_
