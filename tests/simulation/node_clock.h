// NodeClock: the clocks of one machine. They run at their own rate, and the wall clock
// jumps when somebody sets it.
#ifndef VIGIL_TESTS_SIMULATION_NODE_CLOCK_H_
#define VIGIL_TESTS_SIMULATION_NODE_CLOCK_H_

#include <cstdint>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "tests/simulation/scheduler.h"

namespace vigil::simulation {

class NodeClock final : public Clock {
 public:
  // `fast_ppm`: by how many millionths it is fast.
  NodeClock(const Scheduler& scheduler, int64_t offset_ms, int64_t fast_ppm)
      : scheduler_(scheduler), offset_ms_(offset_ms), fast_ppm_(fast_ppm) {}

  MonoTime Mono() const override {
    const int64_t ns = scheduler_.now().ns;
    return {ns + ns / kMillion * fast_ppm_ + offset_ms_ * kMillion};
  }
  WallTime Wall() const override {
    return {kEpochMs + Mono().ns / kMillion + jumped_ms_};
  }
  // The scheduler's time at which Mono() will be `local`, or soon after.
  MonoTime When(MonoTime local) const {
    const int64_t ns = local.ns - offset_ms_ * kMillion;
    return {ns - ns / (kMillion + fast_ppm_) * fast_ppm_ + kMillion / 1000};
  }
  void JumpWall(absl::Duration by) {
    jumped_ms_ += absl::ToInt64Milliseconds(by);
  }

 private:
  static constexpr int64_t kMillion = 1'000'000;
  static constexpr int64_t kEpochMs = 1'700'000'000'000;

  const Scheduler& scheduler_;
  const int64_t offset_ms_;
  const int64_t fast_ppm_;
  int64_t jumped_ms_ = 0;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_NODE_CLOCK_H_
