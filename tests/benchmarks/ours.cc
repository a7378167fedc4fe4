#include "tests/benchmarks/ours.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>

#include "absl/strings/str_cat.h"

namespace vigil::bench {
namespace {

// A port that was free a moment ago.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, any, size) != 0 || getsockname(fd, any, &size) != 0) {
    Must(absl::UnavailableError(
        absl::StrCat("no free port: ", std::strerror(errno))));
  }
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

Options OneMember(const std::string& data_dir) {
  Options o;
  o.group = "benchmark";
  o.node_id = "a";
  o.members = {{"a", absl::StrCat("127.0.0.1:", FreePort())}};
  o.data_dir = data_dir;
  o.logger = [](LogSeverity severity, std::string_view line) {
    if (severity == LogSeverity::kWarning) std::cerr << line << std::endl;
  };
  return o;
}

Options WithSmallLog(Options options) {
  options.value_bytes_max = 512 << 10;
  options.log_memory_bytes = 1 << 20;
  return options;
}

std::unique_ptr<Node> OpenMaster(const Options& options) {
  std::unique_ptr<Node> node = Must(Node::Open(options));
  std::promise<void> mastered;
  bool told = false;  // only touched on the node's callback thread
  Subscription roles = node->OnRole([&](const RoleView& view) {
    if (view.role != NodeRole::kMaster || told) return;
    told = true;
    mastered.set_value();
  });
  if (mastered.get_future().wait_for(std::chrono::seconds(60)) !=
      std::future_status::ready) {
    Must(absl::DeadlineExceededError("the only member is not master"));
  }
  return node;
}

}  // namespace vigil::bench
