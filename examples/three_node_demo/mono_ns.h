// CLOCK_MONOTONIC in nanoseconds: all processes of a machine read the same
// clock, so moments of different processes can be compared.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_MONO_NS_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_MONO_NS_H_

#include <time.h>

#include <cstdint>

namespace vigil::demo {

inline int64_t MonoNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_MONO_NS_H_
