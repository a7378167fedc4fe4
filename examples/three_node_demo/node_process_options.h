// What the supervisor tells a node's process on its command line.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_NODE_PROCESS_OPTIONS_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_NODE_PROCESS_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace vigil::demo {

// The first argument of such a process, which is this program too.
inline constexpr char kNodeProcessArgument[] = "--node-process";

struct NodeProcessOptions {
  std::string node;     // its name
  std::string members;  // "a=127.0.0.1:7001,b=..."
  std::string data_dir;
  std::string input;  // what Load loads; empty: nothing
  absl::Duration down_after = absl::Milliseconds(500);
  int incarnation = 0;  // how often this node was started before
  int writers = 4;
  int writes_per_second = 2000;
  uint64_t seed = 1;
};

// The two directions, kNodeProcessArgument included.
std::vector<std::string> ToArguments(const NodeProcessOptions& options);
absl::StatusOr<NodeProcessOptions> ParseNodeProcessOptions(
    const std::vector<std::string>& arguments);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_NODE_PROCESS_OPTIONS_H_
