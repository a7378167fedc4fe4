// Options: what the demo is told on its command line.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_OPTIONS_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace vigil::demo {

// What happens to the group in each round.
enum class Fault {
  kKill,     // the master is killed, later started again
  kPause,    // the master is stopped for longer than down_after, then goes on
  kReplica,  // a replica is killed, later started again
  kTwo,      // the master and a replica are killed, later started again
  kAll,      // every node is killed, then started again
};

inline constexpr char kPackageDatabase[] = "/var/lib/dpkg/status";

struct DemoOptions {
  int nodes = 3;
  int rounds = 3;
  Fault fault = Fault::kKill;
  absl::Duration round_time = absl::Seconds(3);
  absl::Duration down_after = absl::Milliseconds(500);
  std::string input = kPackageDatabase;
  int writers = 4;
  int writes_per_second = 2000;
  uint64_t seed = 0;  // 0: another one each time
  std::string dir;    // empty: a temporary one, removed at the end
  bool interactive = false;
  bool plain = false;
  bool help = false;
};

// kInvalidArgument names the option, the value and what is allowed.
absl::StatusOr<DemoOptions> ParseDemoOptions(
    const std::vector<std::string>& arguments);

// The text of --help.
std::string DemoHelp();

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_OPTIONS_H_
