// Cluster: the supervisor's side of the group: the nodes' processes, and one
// loop that takes in whatever they, the signals and the keyboard have to say.
//
// Everything happens inside Await: nothing else waits, and every Await has a
// deadline.
//
// Thread-safety: none; one thread, which starts no other.
// Lifetime: the destructor kills every process.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_CLUSTER_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_CLUSTER_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "examples/three_node_demo/gap_meter.h"
#include "examples/three_node_demo/ledger.h"
#include "examples/three_node_demo/member.h"
#include "examples/three_node_demo/node_process_options.h"
#include "examples/three_node_demo/poller.h"
#include "examples/three_node_demo/screen.h"

namespace vigil::demo {

class Cluster {
 public:
  // Starts nothing yet. `common` is what all nodes are told alike; the rest of
  // it is filled in for each node. `screen` must outlive the cluster.
  Cluster(std::vector<Member> members, NodeProcessOptions common,
          Screen& screen);

  int size() const { return static_cast<int>(members_.size()); }
  const Member& member(int node) const {
    return members_[static_cast<size_t>(node)];
  }

  // ---- processes: the change shows in member() during a later Await ----
  absl::Status Start(int node);  // REQUIRES: it is down
  void Kill(int node);
  void Pause(int node);
  void Resume(int node);
  absl::Status Quit(int node);  // by itself

  // From now on the stop of `nodes` is a fault whose gap counts.
  void MarkFault(const std::vector<int>& nodes);

  // ---- commands ----
  absl::Status Send(int node, const Command& command);
  // Whether nodes run the load, also those that start later.
  absl::Status SetRunning(bool running);
  // Lets the node write its input file. The result shows in member() later.
  absl::Status LoadInput(int node);

  // ---- waiting ----
  // Takes in reports until `done`. The error says that there was "no <what>
  // within <timeout>", that a node ended or failed, or (kCancelled) that Cancel
  // was called.
  absl::Status Await(const std::string& what, absl::Duration timeout,
                     const std::function<bool()>& done);
  // The same for a time in which nothing is waited for.
  absl::Status Pass(absl::Duration time);
  // During Await, calls `on_readable` when `fd` is readable.
  void Watch(int fd, std::function<void()> on_readable);
  void Unwatch(int fd);
  void Cancel(const std::string& why);

  // ---- what was seen ----
  // The node that says it is master, in the highest epoch; none if nobody does.
  std::optional<int> master() const;
  // All run, and all but one follow that one.
  bool InStep() const;
  // The same, and all stand at the same index since they halted.
  bool Level() const;
  int promotions() const { return promotions_; }
  const Ledger& ledger() const { return ledger_; }
  const GapMeter& gaps() const { return gaps_; }
  std::vector<NodeRow> Rows() const;

 private:
  void PollOnce(absl::Duration at_most);
  void DrawIfDue();
  void ReadFrom(int node);
  void OnReport(int node, const Report& report);
  void OnEnd(int node);
  void CountPromotion(const Member& member);
  void Fail(absl::Status why);

  Member& at(int node) { return members_[static_cast<size_t>(node)]; }

  std::vector<Member> members_;
  const NodeProcessOptions common_;
  Screen& screen_;
  std::vector<Watched> watched_;
  absl::Status failure_;  // the first; ends every Await
  bool running_ = false;
  int64_t drawn_ns_ = 0;
  Ledger ledger_;
  GapMeter gaps_;
  int promotions_ = 0;
  uint64_t highest_master_epoch_ = 0;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_CLUSTER_H_
