// Network, where the machine gives us none of our own: ports of the loopback device.
#include <vector>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/free_port.h"
#include "tests/cluster/chaos/network.h"

namespace vigil::chaos {
namespace {

class Loopback : public Network {
 public:
  explicit Loopback(std::vector<int> ports) : ports_(std::move(ports)) {}

  std::string name() const override { return "loopback"; }
  bool has_faults() const override { return false; }
  std::string AddressOf(int node) const override {
    return absl::StrCat("127.0.0.1:", ports_[static_cast<size_t>(node)]);
  }
  absl::Status In(int, absl::FunctionRef<absl::Status()> start) override {
    return start();
  }

  absl::Status Cut(int, int) override { return None(); }
  absl::Status Lose(int, int) override { return None(); }
  absl::Status Reset(int) override { return None(); }
  absl::Status Slow(int, int) override { return None(); }
  absl::Status Unplug(int) override { return None(); }
  absl::Status Heal() override { return absl::OkStatus(); }

 private:
  static absl::Status None() {
    return absl::UnimplementedError("the loopback device has no faults");
  }

  const std::vector<int> ports_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeLoopback(int nodes) {
  auto ports = demo::FreePorts(nodes);
  if (!ports.ok()) return ports.status();
  return std::make_unique<Loopback>(*std::move(ports));
}

}  // namespace vigil::chaos
