// Network: what lies between the nodes, and what may go wrong in it.
//
// Two of them: Namespaces, where each node has a network of its own and everything can be
// cut, and the loopback device, where nothing can. Clients are no part of it: they live in
// the nodes' processes.
//
// Thread-safety: none; one thread.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_NETWORK_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_NETWORK_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vigil::chaos {

class Network {
 public:
  virtual ~Network() = default;

  virtual std::string name() const = 0;
  virtual bool has_faults() const = 0;
  // "host:port" of a node.
  virtual std::string AddressOf(int node) const = 0;
  // Calls `start` where the node lives: a process started in it lives there.
  virtual absl::Status In(int node,
                          absl::FunctionRef<absl::Status()> start) = 0;

  // REQUIRES, for all of the following: has_faults().
  // What `from` sends does not arrive at `to`; connections stay open and wait.
  virtual absl::Status Cut(int from, int to) = 0;
  // Each packet to `node` is lost with this probability.
  virtual absl::Status Lose(int node, int percent) = 0;
  // Whoever sends something to the node's port is answered by a reset.
  virtual absl::Status Reset(int node) = 0;
  // What the node sends takes its time.
  virtual absl::Status Slow(int node, int kilobits_per_second) = 0;
  // Its cable is out.
  virtual absl::Status Unplug(int node) = 0;
  // All is well again.
  virtual absl::Status Heal() = 0;
};

// On this machine's loopback device.
absl::StatusOr<std::unique_ptr<Network>> MakeLoopback(int nodes);

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_NETWORK_H_
