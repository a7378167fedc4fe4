#include "examples/three_node_demo/poller.h"

#include <poll.h>

namespace vigil::demo {

void PollOnce(const std::vector<Watched>& watched, absl::Duration at_most) {
  std::vector<pollfd> fds;
  for (const Watched& each : watched) fds.push_back({each.fd, POLLIN, 0});
  // Rounded up: else the last millisecond before a deadline is spent spinning.
  const int timeout_ms = static_cast<int>(
      absl::ToInt64Milliseconds(absl::Ceil(at_most, absl::Milliseconds(1))));
  if (poll(fds.data(), fds.size(), timeout_ms) <= 0) return;
  for (size_t i = 0; i < fds.size(); ++i) {
    if (fds[i].revents != 0) watched[i].on_readable();
  }
}

}  // namespace vigil::demo
