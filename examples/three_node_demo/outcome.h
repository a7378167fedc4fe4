// Outcome: what the demo found in the end, for people and for programs.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_OUTCOME_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_OUTCOME_H_

#include <cstdint>
#include <string>
#include <vector>

namespace vigil::demo {

struct Outcome {
  uint64_t acknowledged = 0;  // writes
  uint64_t lost = 0;          // keys whose acknowledged value some node lacks
  uint64_t unexpected =
      0;  // keys with a value on some node that no write explains
  uint64_t unknown = 0;        // writes whose outcome nobody learned
  int failovers = 0;           // promotions after the first
  int failovers_expected = 0;  // at least so many
  std::vector<double> gaps_ms;
  uint64_t epoch = 0;
  uint64_t keys = 0;
  bool data_equal = false;
  uint64_t get_ns_median =
      0;  // the middle one of the nodes' medians; 0: no reads
  uint64_t seed = 0;
  std::vector<std::string> details;  // examples of what is wrong

  bool passed() const {
    return lost == 0 && unexpected == 0 && data_equal &&
           failovers >= failovers_expected;
  }
};

// Zero without values. Of an even number, the mean of the two in the middle.
double Median(std::vector<double> values);

// A few lines.
std::string Summary(const Outcome& outcome);

// One line without its newline.
std::string Json(const Outcome& outcome);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_OUTCOME_H_
