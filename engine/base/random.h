// Random: the seeded generator that a core holds. Same seed, same numbers, on
// every platform (std's distributions do not promise that).
#ifndef VIGIL_ENGINE_BASE_RANDOM_H_
#define VIGIL_ENGINE_BASE_RANDOM_H_

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace vigil {

// Thread-compatible.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  uint64_t Next() { return engine_(); }

  // Uniform in [0, n). The bias of the remainder is below n / 2^64.
  // REQUIRES: n > 0.
  uint64_t Uniform(uint64_t n) { return engine_() % n; }

  // Uniform in [low, high], in whole microseconds. REQUIRES: low <= high.
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    const int64_t span = absl::ToInt64Microseconds(high - low);
    return low + absl::Microseconds(static_cast<int64_t>(
                     Uniform(static_cast<uint64_t>(span) + 1)));
  }

 private:
  std::mt19937_64 engine_;
};

// 64 bits from the operating system: identities, nonces, and the seeds of cores
// outside of tests. Never zero.
uint64_t RandomFromSystem();

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_RANDOM_H_
