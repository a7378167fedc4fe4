#include "examples/three_node_demo/free_port.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/unique_fd.h"

namespace vigil::demo {
namespace {

constexpr int kLowest = 10'000;  // below it live well-known services

// One above the highest port that is never given to an outgoing connection.
int EphemeralBegin() {
  int begin = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> begin;
  // Where the kernel is configured to use nearly all: what is left is luck.
  return begin > kLowest + 1000 ? begin : 32'768;
}

// A socket that holds `port`; invalid if somebody else does.
UniqueFd Bind(int port) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) !=
      0) {
    fd.Reset();
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::vector<int>> FreePorts(int count) {
  constexpr int kTries = 1000;
  std::random_device random;
  std::uniform_int_distribution<int> any(kLowest, EphemeralBegin() - 1);
  std::vector<int> ports;
  std::vector<UniqueFd> held;  // until all are found: they must differ
  for (int i = 0; i < kTries && ports.size() < static_cast<size_t>(count);
       ++i) {
    const int port = any(random);
    UniqueFd fd = Bind(port);
    if (!fd.valid()) continue;
    held.push_back(std::move(fd));
    ports.push_back(port);
  }
  if (ports.size() < static_cast<size_t>(count)) {
    return absl::UnavailableError(absl::StrCat("no ", count,
                                               " free ports from ", kLowest,
                                               " to ", EphemeralBegin() - 1));
  }
  return ports;
}

}  // namespace vigil::demo
