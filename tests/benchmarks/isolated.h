// Isolated: runs a function in a process of its own.
//
// It starts with a heap, page tables and caches that nothing before it has
// touched, and what it leaves behind, threads included, is gone afterwards.
#ifndef VIGIL_TESTS_BENCHMARKS_ISOLATED_H_
#define VIGIL_TESTS_BENCHMARKS_ISOLATED_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace vigil::bench {

// What `run` returned, in a forked process, which dies with this one.
//   kInternal  the process could not be made, or did not end well
// REQUIRES: this process has one thread.
absl::StatusOr<std::string> RunIsolated(
    const std::function<std::string()>& run);

// The same for a number; ends this process if that fails.
double MeasureIsolated(const std::function<double()>& run);

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_ISOLATED_H_
