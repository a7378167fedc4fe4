// Scenario: the story of the demo, from empty directories to the final
// comparison.
//
//   form the group, load, run, { fault, recovery, rejoin } ..., compare
//
// Errors: the first wait that does not end in time, or a process that ends by
// itself, ends the story.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_SCENARIO_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_SCENARIO_H_

#include <functional>
#include <random>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/three_node_demo/cluster.h"
#include "examples/three_node_demo/options.h"
#include "examples/three_node_demo/outcome.h"
#include "examples/three_node_demo/screen.h"

namespace vigil::demo {

class Scenario {
 public:
  // `cluster` and `screen` must outlive the scenario.
  Scenario(const DemoOptions& options, Cluster& cluster, Screen& screen);

  // Forms the group, loads the input, and lets the load run.
  absl::Status Begin();

  // Lets the fault happen `rounds` times.
  absl::Status PlayRounds();

  // Brings everyone back, ends the load, compares, and ends the processes.
  absl::StatusOr<Outcome> End();

 private:
  absl::Status AwaitAll(const std::string& what, absl::Duration timeout,
                        const std::function<bool(const Member&)>& done);
  absl::Status AwaitMaster();
  absl::Status AwaitInStep();
  absl::Status LoadInput();
  absl::StatusOr<bool> LoadAtMaster();  // false: try again

  absl::Status PlayRound(int round);
  std::vector<int> ChooseVictims();
  absl::Status Strike(const std::vector<int>& victims);
  absl::Status BringBack(const std::vector<int>& victims);
  absl::Status AwaitRecovery();

  absl::Status BringEveryoneBack();
  absl::Status CloseEveryone();

  absl::StatusOr<Outcome> Conclude();

  // Uniform between the two: no two rounds meet the group at the same moment.
  absl::Duration Between(absl::Duration low, absl::Duration high);

  const DemoOptions options_;
  Cluster& cluster_;
  Screen& screen_;
  std::mt19937_64 random_;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_SCENARIO_H_
