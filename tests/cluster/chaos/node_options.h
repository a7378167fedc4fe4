// What the supervisor tells a node's process on its command line.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_NODE_OPTIONS_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_NODE_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vigil/options.h"

namespace vigil::chaos {

// A member's log on disk, no longer than that: a flood of more makes a replica that was
// away take everything.
inline constexpr uint64_t kLogBytes = 4 << 20;

struct NodeOptions {
  std::string node;     // its name
  std::string members;  // "a=10.77.0.1:7000,b=..."
  std::string data_dir;
  absl::Duration down_after = absl::Milliseconds(500);
  int incarnation = 0;  // how often this node was started before
  int writes_per_second = 300;
};

// The two directions.
std::vector<std::string> ToArguments(const NodeOptions& options);
absl::StatusOr<NodeOptions> ParseNodeOptions(
    const std::vector<std::string>& arguments);

// Of the node, but for what it calls back.
Options ToOptions(const NodeOptions& options);

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_NODE_OPTIONS_H_
