// Poller: waits for several file descriptors at once, and calls who waits for each.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_POLLER_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_POLLER_H_

#include <functional>
#include <vector>

#include "absl/time/time.h"

namespace vigil::demo {

// Somebody who wants to be called when `fd` can be read, or has ended.
struct Watched {
  int fd;
  std::function<void()> on_readable;
};

// Waits no longer than `at_most`, and calls those who can read. They may end the life of
// what others watch, but not of the objects that these functions belong to.
void PollOnce(const std::vector<Watched>& watched, absl::Duration at_most);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_POLLER_H_
