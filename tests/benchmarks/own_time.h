// OwnTime: how long an operation took its caller, without what neighbours took.
//
// By the clock on the wall if the thread slept meanwhile, because it may have waited for
// a lock; by the thread's own clock otherwise, so that a core that is taken away for a
// while does not count.
//
// Thread-safety: of the thread that made it.
#ifndef VIGIL_TESTS_BENCHMARKS_OWN_TIME_H_
#define VIGIL_TESTS_BENCHMARKS_OWN_TIME_H_

#include <sys/resource.h>

#include <cstdint>
#include <utility>

#include "tests/benchmarks/stopwatch.h"

namespace vigil::bench {

class OwnTime {
 public:
  void Begin() {
    sleeps_ = Sleeps();
    start_ = MonoNs();
    cpu_start_ = ThreadCpuNs();
  }
  // Nanoseconds since Begin().
  int64_t End() const {
    const int64_t cpu = ThreadCpuNs() - cpu_start_;
    const int64_t wall = MonoNs() - start_;
    return Sleeps() != sleeps_ ? wall : cpu;
  }

 private:
  static long Sleeps() {
    rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
  }

  long sleeps_ = 0;
  int64_t start_ = 0;
  int64_t cpu_start_ = 0;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_OWN_TIME_H_
