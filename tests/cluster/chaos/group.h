// Group: the supervisor's side of the nodes' processes, and the one loop that takes in
// whatever they and the signals have to say.
//
// Everything happens inside Await: nothing else waits, and every Await has a deadline.
//
// Thread-safety: none; one thread, which starts no other.
// Lifetime: the destructor kills every process.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_GROUP_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_GROUP_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "examples/three_node_demo/poller.h"
#include "tests/cluster/chaos/accounts.h"
#include "tests/cluster/chaos/deaths.h"
#include "tests/cluster/chaos/message.h"
#include "tests/cluster/chaos/network.h"
#include "tests/cluster/chaos/node_options.h"
#include "tests/cluster/chaos/peer.h"
#include "tests/cluster/chaos/tally.h"

namespace vigil::chaos {

class Group {
 public:
  // Starts nothing yet. `program`: chaos_node. `common`: what all nodes are told alike.
  // What is referred to must outlive the group.
  Group(std::string program, std::vector<Peer> peers, NodeOptions common,
        Network& network, Tally& tally);

  int size() const { return static_cast<int>(peers_.size()); }
  Peer& at(int node) { return peers_[static_cast<size_t>(node)]; }
  const Peer& at(int node) const { return peers_[static_cast<size_t>(node)]; }

  // ---- processes ----
  absl::Status Start(int node);  // REQUIRES: it is down
  // Waits for its end.
  absl::Status Kill(int node);
  absl::Status Quit(int node);
  void Pause(int node);
  void Resume(int node);

  // ---- commands ----
  absl::Status Send(int node, const Command& command);
  // Whether nodes write, also those that start later. Stopping waits until they did.
  absl::Status SetRunning(bool running);
  bool running() const { return running_; }

  // ---- waiting ----
  // Takes in reports until `done`. The error says that there was "no <what> within
  // <timeout>", that a node ended by itself or failed, or (kCancelled) that Cancel was
  // called.
  absl::Status Await(const std::string& what, absl::Duration timeout,
                     const std::function<bool()>& done);
  // The same for a time in which nothing is waited for.
  absl::Status Pass(absl::Duration time);
  // During Await, calls `on_readable` when `fd` is readable.
  void Watch(int fd, std::function<void()> on_readable);
  void Cancel(const std::string& why);

  // ---- what was seen ----
  // The node that says it is master, in the highest epoch.
  std::optional<int> master() const;
  // All run and are well, and all but one follow that one.
  bool InStep() const;
  // The same, and all stand at the same index.
  bool Level() const;
  // In words, for an error.
  std::string Describe() const;

  const Accounts& accounts() const { return accounts_; }
  const Deaths& deaths() const { return deaths_; }
  // What the nodes handed back.
  using ToldWrite =
      std::tuple<int, std::string, std::string, uint64_t, uint64_t>;
  const std::set<ToldWrite>& told() const { return told_; }

 private:
  void PollOnce(absl::Duration at_most);
  void ReadFrom(int node);
  void OnEnd(int node);
  void OnSeen(int node, const Seen& seen);
  void OnReport(int node, const Report& report);
  absl::Status AwaitEnd(int node);
  void Fail(absl::Status why);

  const std::string program_;
  std::vector<Peer> peers_;
  const NodeOptions common_;
  Network& network_;
  Tally& tally_;
  std::vector<demo::Watched> watched_;
  absl::Status failure_;  // the first; ends every Await
  bool running_ = false;
  Accounts accounts_;
  Deaths deaths_;
  std::set<ToldWrite> told_;
};

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_GROUP_H_
