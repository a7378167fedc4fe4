// Clocks in nanoseconds.
#ifndef VIGIL_TESTS_BENCHMARKS_STOPWATCH_H_
#define VIGIL_TESTS_BENCHMARKS_STOPWATCH_H_

#include <time.h>

#include <cstdint>

namespace vigil::bench {

inline int64_t ReadClockNs(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

inline int64_t MonoNs() { return ReadClockNs(CLOCK_MONOTONIC); }

// What this thread alone has computed: neighbours do not count.
inline int64_t ThreadCpuNs() { return ReadClockNs(CLOCK_THREAD_CPUTIME_ID); }

// What all threads of the process have computed.
inline int64_t ProcessCpuNs() { return ReadClockNs(CLOCK_PROCESS_CPUTIME_ID); }

class Stopwatch {
 public:
  int64_t ns() const { return MonoNs() - start_; }
  double seconds() const { return static_cast<double>(ns()) / 1e9; }

 private:
  int64_t start_ = MonoNs();
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_STOPWATCH_H_
