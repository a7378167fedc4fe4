// ManualClock: time stands still until the test moves it.
#ifndef VIGIL_TESTS_SUPPORT_MANUAL_CLOCK_H_
#define VIGIL_TESTS_SUPPORT_MANUAL_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "engine/base/clock.h"

namespace vigil {

// Thread-safe. Starts at a monotonic 1 s and a wall time in 2023, so that neither
// is zero by accident.
class ManualClock final : public Clock {
 public:
  MonoTime Mono() const override { return {mono_ns_.load()}; }
  WallTime Wall() const override { return {wall_ms_.load()}; }

  // Both clocks move forward.
  void Advance(absl::Duration d) {
    mono_ns_ += absl::ToInt64Nanoseconds(d);
    wall_ms_ += absl::ToInt64Milliseconds(d);
  }
  // Only the wall clock jumps, either way.
  void SetWall(WallTime t) { wall_ms_ = t.ms; }

 private:
  std::atomic<int64_t> mono_ns_{1'000'000'000};
  std::atomic<int64_t> wall_ms_{1'700'000'000'000};
};

}  // namespace vigil

#endif  // VIGIL_TESTS_SUPPORT_MANUAL_CLOCK_H_
