// Signals: the wish of somebody to end this process, as a file descriptor, so
// that ending is an ordinary way through the program: destructors run, nothing
// is left.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_SIGNALS_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_SIGNALS_H_

#include <string>

#include "examples/three_node_demo/unique_fd.h"

namespace vigil::demo {

class Signals {
 public:
  // Blocks SIGINT, SIGTERM, SIGHUP and SIGQUIT in the calling thread, which
  // must be the only one, and ignores SIGPIPE.
  Signals();

  int fd() const { return fd_.get(); }

  // The name of a signal that came. REQUIRES: fd() is readable.
  std::string Take();

 private:
  UniqueFd fd_;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_SIGNALS_H_
