// Runner: runs measurements one after the other and prints their rows.
#ifndef VIGIL_TESTS_BENCHMARKS_RUNNER_H_
#define VIGIL_TESTS_BENCHMARKS_RUNNER_H_

#include <vector>

#include "tests/benchmarks/measurement.h"

namespace vigil::bench {

// The main function of a suite. Prints to stdout one line of JSON a row as soon
// as it is measured, then a table; to stderr what is left out and why. Returns the
// exit status: 1 if a measurement failed, or with --strict a target is missed; 2
// for a bad command line.
// REQUIRES: this process has one thread.
int RunSuite(int argc, char** argv,
             const std::vector<Measurement>& measurements);

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_RUNNER_H_
