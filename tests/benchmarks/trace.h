// Trace: which keys are asked for, one after the other, to see what a cache keeps.
#ifndef VIGIL_TESTS_BENCHMARKS_TRACE_H_
#define VIGIL_TESTS_BENCHMARKS_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/benchmarks/workload.h"

namespace vigil::bench {

// How large a trace is. The shape of a trace follows from how many keys fit into
// the cache, about.
struct TraceSize {
  size_t requests = 0;
  uint32_t cached_keys = 0;
};

struct Trace {
  std::string name;  // part of a row's name
  std::string what;
  // What a cache that only looks at how recent or how frequent a read was does badly:
  // here a better one must show it.
  bool polluted = false;
  std::function<Keys(const TraceSize&)> make;
};

// All of them: Zipf with four exponents, Zipf with scans in between, a loop.
std::vector<Trace> Traces();

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_TRACE_H_
