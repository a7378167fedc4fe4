// Namespaces: a network of one namespace a node, each with a cable to one bridge.
//
//     a: eth0 10.77.0.1 ──┐
//     b: eth0 10.77.0.2 ──┼── bridge, in the sandbox of the supervisor
//     c: eth0 10.77.0.3 ──┘
//
// Faults are rules of nftables in the node's namespace, and tbf on its eth0.
//
// Lifetime: a namespace lives as long as this object, or a process in it. Nothing of it
// has a name outside the sandbox.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_NAMESPACES_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_NAMESPACES_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/three_node_demo/unique_fd.h"
#include "tests/cluster/chaos/network.h"

namespace vigil::chaos {

class Namespaces : public Network {
 public:
  // REQUIRES: this process is in a sandbox. The tools' words go into `folder`. An error
  // says what this machine does not do.
  static absl::StatusOr<std::unique_ptr<Network>> Make(
      int nodes, const std::string& folder);

  std::string name() const override { return "namespaces"; }
  bool has_faults() const override { return true; }
  std::string AddressOf(int node) const override;
  absl::Status In(int node, absl::FunctionRef<absl::Status()> start) override;
  absl::Status Cut(int from, int to) override;
  absl::Status Lose(int node, int percent) override;
  absl::Status Reset(int node) override;
  absl::Status Slow(int node, int kilobits_per_second) override;
  absl::Status Unplug(int node) override;
  absl::Status Heal() override;

 private:
  struct Place {
    demo::UniqueFd fd;  // of its namespace
    bool slow = false;
    bool unplugged = false;
  };

  explicit Namespaces(std::string folder) : log_(folder + "/tool") {}
  absl::Status Build(int nodes);
  absl::Status Connect(int node);
  // Runs these one after the other; `node` -1: in the sandbox.
  absl::Status Tools(int node, const std::vector<std::string>& commands);
  absl::Status Rule(int node, std::string_view rule);
  Place& at(int node) { return places_[static_cast<size_t>(node)]; }

  const std::string log_;
  demo::UniqueFd sandbox_;
  std::vector<Place> places_;
};

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_NAMESPACES_H_
