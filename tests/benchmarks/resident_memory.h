// ResidentMemory: the bytes of this process that are in RAM, allocator, page
// tables' granularity and all: what a machine runs out of.
#ifndef VIGIL_TESTS_BENCHMARKS_RESIDENT_MEMORY_H_
#define VIGIL_TESTS_BENCHMARKS_RESIDENT_MEMORY_H_

#include <unistd.h>

#include <fstream>

namespace vigil::bench {

inline double ResidentBytes() {
  double total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_RESIDENT_MEMORY_H_
