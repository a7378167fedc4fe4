#include "examples/three_node_demo/outbox.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace vigil::demo {

void Outbox::Send(const Report& report) { SendLine(Encode(report)); }

void Outbox::SendLine(std::string_view rest) {
  std::lock_guard lock(mu_);
  while (!rest.empty()) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(EXIT_FAILURE);
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace vigil::demo
