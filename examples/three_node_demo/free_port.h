// Free TCP ports on 127.0.0.1.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_FREE_PORT_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_FREE_PORT_H_

#include <vector>

#include "absl/status/statusor.h"

namespace vigil::demo {

// `count` different ports on which nobody listens at the moment, all below the
// range of which the kernel picks the local ports of outgoing connections. A
// port of that range could be taken while its node is down, and worse: a peer
// that keeps trying to connect to it can be given that very port and be
// connected to itself.
absl::StatusOr<std::vector<int>> FreePorts(int count);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_FREE_PORT_H_
