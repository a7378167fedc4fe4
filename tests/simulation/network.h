// Network: which machine reaches which, and how long that takes. Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_NETWORK_H_
#define VIGIL_TESTS_SIMULATION_NETWORK_H_

#include <set>
#include <utility>

#include "absl/time/time.h"
#include "engine/base/random.h"
#include "tests/simulation/weather.h"

namespace vigil::simulation {

class Network {
 public:
  Network(const Weather& weather, Random& random)
      : weather_(weather), random_(random) {}

  bool Reaches(int from, int to) const { return !cuts_.contains({from, to}); }
  void Cut(int from, int to) { cuts_.insert({from, to}); }
  // Mends everything. What is under way is no longer lost, either.
  void Mend() { cuts_.clear(); }
  void Calm() { calm_ = true; }

  absl::Duration Delay() {
    const absl::Duration most =
        calm_ ? absl::Milliseconds(1) : weather_.delay_max;
    return random_.Between(absl::Microseconds(50), most);
  }
  bool Loses() { return !calm_ && random_.Uniform(100) < weather_.loss; }
  bool Duplicates() {
    return !calm_ && random_.Uniform(100) < weather_.duplicates;
  }

 private:
  const Weather& weather_;
  Random& random_;
  bool calm_ = false;
  std::set<std::pair<int, int>> cuts_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_NETWORK_H_
