#include "tests/cluster/chaos/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/cluster/chaos/tool.h"

namespace vigil::chaos {
namespace {

constexpr int kPort = 7000;

std::string IpOf(int node) { return absl::StrCat("10.77.0.", node + 1); }
std::string CableOf(int node) { return absl::StrCat("cable", node); }

absl::Status Failed(const char* what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

demo::UniqueFd PresentNamespace() {
  return demo::UniqueFd(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> Namespaces::Make(
    int nodes, const std::string& folder) {
  std::unique_ptr<Namespaces> made(new Namespaces(folder));
  if (absl::Status s = made->Build(nodes); !s.ok()) return s;
  return std::unique_ptr<Network>(std::move(made));
}

absl::Status Namespaces::Build(int nodes) {
  sandbox_ = PresentNamespace();
  if (!sandbox_.valid()) return Failed("/proc/self/ns/net");
  absl::Status bridge =
      Tools(-1, {"ip link add hub type bridge", "ip link set hub up"});
  if (!bridge.ok()) return bridge;
  places_.resize(static_cast<size_t>(nodes));
  for (int node = 0; node < nodes; ++node) {
    if (absl::Status s = Connect(node); !s.ok()) return s;
  }
  // What a fault needs is tried once, so that a machine without it is found out now.
  for (absl::Status tried : {Cut(0, nodes - 1), Lose(0, 1), Reset(0),
                             Slow(0, 1000), Unplug(0), Heal()}) {
    if (!tried.ok()) return tried;
  }
  return absl::OkStatus();
}

absl::Status Namespaces::Connect(int node) {
  if (unshare(CLONE_NEWNET) != 0) return Failed("a namespace for a node");
  at(node).fd = PresentNamespace();
  if (setns(sandbox_.get(), CLONE_NEWNET) != 0) return Failed("setns");
  const std::string cable = CableOf(node);
  absl::Status plugged =
      Tools(-1, {absl::StrCat("ip link add ", cable,
                              " type veth peer name eth0 netns /proc/",
                              getpid(), "/fd/", at(node).fd.get()),
                 absl::StrCat("ip link set ", cable, " master hub up")});
  if (!plugged.ok()) return plugged;
  return Tools(node, {absl::StrCat("ip addr add ", IpOf(node), "/24 dev eth0"),
                      "ip link set eth0 up", "ip link set lo up",
                      "nft add table inet faults",
                      "nft add chain inet faults in { type filter hook input "
                      "priority 0 ; }"});
}

absl::Status Namespaces::In(int node, absl::FunctionRef<absl::Status()> start) {
  if (setns(at(node).fd.get(), CLONE_NEWNET) != 0) return Failed("setns");
  absl::Status status = start();
  if (setns(sandbox_.get(), CLONE_NEWNET) != 0) return Failed("setns");
  return status;
}

absl::Status Namespaces::Tools(int node,
                               const std::vector<std::string>& commands) {
  for (const std::string& command : commands) {
    const auto run = [&] { return RunTool(command, log_); };
    absl::Status status = node < 0 ? run() : In(node, run);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

std::string Namespaces::AddressOf(int node) const {
  return absl::StrCat(IpOf(node), ":", kPort);
}

absl::Status Namespaces::Rule(int node, std::string_view rule) {
  return Tools(
      node, {absl::StrCat("nft add rule inet faults in ", std::string(rule))});
}

absl::Status Namespaces::Cut(int from, int to) {
  return Rule(to, absl::StrCat("ip saddr ", IpOf(from), " drop"));
}

absl::Status Namespaces::Lose(int node, int percent) {
  return Rule(node, absl::StrCat("iifname eth0 numgen random mod 100 < ",
                                 percent, " drop"));
}

absl::Status Namespaces::Reset(int node) {
  return Rule(node, absl::StrCat("iifname eth0 tcp dport ", kPort,
                                 " reject with tcp reset"));
}

absl::Status Namespaces::Slow(int node, int kilobits_per_second) {
  at(node).slow = true;
  // Room for a second of it, so that it delays before it loses.
  return Tools(node, {absl::StrCat("tc qdisc replace dev eth0 root tbf rate ",
                                   kilobits_per_second,
                                   "kbit burst 16kb latency 1000ms")});
}

absl::Status Namespaces::Unplug(int node) {
  at(node).unplugged = true;
  return Tools(-1, {absl::StrCat("ip link set ", CableOf(node), " down")});
}

absl::Status Namespaces::Heal() {
  for (int node = 0; node < static_cast<int>(places_.size()); ++node) {
    Place& place = at(node);
    std::vector<std::string> commands{"nft flush chain inet faults in"};
    if (std::exchange(place.slow, false))
      commands.push_back("tc qdisc del dev eth0 root");
    if (absl::Status s = Tools(node, commands); !s.ok()) return s;
    if (!std::exchange(place.unplugged, false)) continue;
    absl::Status s =
        Tools(-1, {absl::StrCat("ip link set ", CableOf(node), " up")});
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace vigil::chaos
