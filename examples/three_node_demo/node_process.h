// The process of one node: an ordinary application that embeds a vigil::Node,
// and tells its supervisor what happens.
//
// Threads: this one obeys the supervisor and reports the node's status; the
// node has its own; the workload and the loader have theirs while they run.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_NODE_PROCESS_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_NODE_PROCESS_H_

#include "examples/three_node_demo/node_process_options.h"

namespace vigil::demo {

// Opens the node and serves commands on stdin until Quit, with reports on
// stdout and the node's log on stderr. Returns the exit status.
int RunNodeProcess(const NodeProcessOptions& options);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_NODE_PROCESS_H_
