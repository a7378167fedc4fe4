// GapMeter: for each fault, the time from the last write that was acknowledged
// before it to the first one after it: how long an application could not write.
//
// Time: CLOCK_MONOTONIC in nanoseconds, of any process of this machine.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_GAP_METER_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_GAP_METER_H_

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace vigil::demo {

// One process: a node's place in the group, and how often it was started
// before.
struct Incarnation {
  int node = 0;
  int number = 0;
  friend auto operator<=>(const Incarnation&, const Incarnation&) = default;
};

class GapMeter {
 public:
  // Acknowledgements of several processes may come in any order.
  void OnAcknowledged(Incarnation by, int64_t ns);

  // At `ns` or soon after, `stopped` are killed or paused.
  void OnFault(int64_t ns, std::set<Incarnation> stopped);

  // Whether there is a write after the latest fault, or no fault at all.
  bool recovered() const { return gaps_.empty() || gaps_.back().first_after; }

  // One a fault, in order; a fault without a write after it is left out.
  std::vector<double> gaps_ms() const;

 private:
  struct Gap {
    int64_t fault = 0;
    std::set<Incarnation> stopped;
    int64_t last_before = 0;
    std::optional<int64_t> first_after;
  };

  int64_t latest_ = 0;
  std::vector<Gap> gaps_;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_GAP_METER_H_
