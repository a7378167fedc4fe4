// Measurement: something that is run once and gives one or more rows.
#ifndef VIGIL_TESTS_BENCHMARKS_MEASUREMENT_H_
#define VIGIL_TESTS_BENCHMARKS_MEASUREMENT_H_

#include <functional>
#include <vector>

#include "tests/benchmarks/report.h"
#include "tests/benchmarks/row.h"
#include "tests/benchmarks/settings.h"

namespace vigil::bench {

struct Measurement {
  std::vector<RowSpec> rows;
  // Runs in a process of its own, which has no thread yet.
  std::function<void(const Settings&, Report&)> measure;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_MEASUREMENT_H_
