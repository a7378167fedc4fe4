// Scheduler: virtual time, and what happens in it, in order.
//
// What is planned for the same moment happens in the order in which it was planned, so
// a run is a function of its seed.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_SCHEDULER_H_
#define VIGIL_TESTS_SIMULATION_SCHEDULER_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"

namespace vigil::simulation {

class Scheduler {
 public:
  // The time of nobody's clock.
  MonoTime now() const { return now_; }

  void At(MonoTime at, std::function<void()> run) {
    queue_.push({std::max(at, now_), ++planned_, std::move(run)});
  }
  void After(absl::Duration delay, std::function<void()> run) {
    At(now_ + delay, std::move(run));
  }

  // Ends early when stop() says so.
  void RunUntil(MonoTime end, absl::FunctionRef<bool()> stop) {
    while (!queue_.empty() && queue_.top().at <= end && !stop()) {
      Happening next = queue_.top();
      queue_.pop();
      now_ = next.at;
      next.run();
    }
    if (!stop()) now_ = end;
  }

  // Nothing of what was planned happens. To be called while all that it holds, and uses
  // when it is destroyed, is still there.
  void Clear() {
    std::priority_queue<Happening> planned;
    std::swap(planned, queue_);
  }

 private:
  struct Happening {
    MonoTime at;
    uint64_t order;
    std::function<void()> run;
    bool operator<(const Happening& other) const {  // the earliest is on top
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };

  MonoTime now_ = MonoTime{} + absl::Seconds(1);
  uint64_t planned_ = 0;
  std::priority_queue<Happening> queue_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_SCHEDULER_H_
