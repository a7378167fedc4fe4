// Comparison: the nodes' data sets in the end, with the ledger and with each
// other.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_COMPARISON_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_COMPARISON_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "examples/three_node_demo/ledger.h"

namespace vigil::demo {

struct DumpedNode {
  std::string name;
  std::string path;  // of its data set (data_set.h)
};

struct Comparison {
  size_t lost = 0;        // keys whose acknowledged value some node lacks
  size_t unexpected = 0;  // keys with a value that no write explains
  bool equal = true;      // versions and expiry times included
  std::vector<std::string> details;  // some of what is wrong, in words
};

absl::StatusOr<Comparison> Compare(const Ledger& ledger,
                                   const std::vector<DumpedNode>& nodes);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_COMPARISON_H_
