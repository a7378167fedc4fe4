// LiveNode: a vigil::Node of this process with real sockets, and what it
// logged.
#ifndef VIGIL_TESTS_CLUSTER_LIVE_NODE_H_
#define VIGIL_TESTS_CLUSTER_LIVE_NODE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "vigil/vigil.h"

namespace vigil::test {

// Options of node number `index` of a group on these ports of 127.0.0.1, named
// "a", "b", ... with a directory of that name below `folder`; memory only if
// that is empty.
Options OptionsOf(const std::vector<int>& ports, size_t index,
                  const std::string& folder);

class LiveNode {
 public:
  // Opens it; `status` says whether that worked.
  explicit LiveNode(Options options);

  const absl::Status& status() const { return status_; }
  Node& operator*() { return *node_; }
  Node* operator->() { return node_.get(); }

  bool AwaitRole(NodeRole role, absl::Duration timeout = absl::Seconds(20));
  // Waits for a log line that holds `text`.
  bool AwaitLog(const std::string& text,
                absl::Duration timeout = absl::Seconds(20));
  // All log lines: for the message of a failed test.
  std::string LogText() const;

 private:
  struct Watched;  // outlives the node: its threads write here

  std::shared_ptr<Watched> watched_;
  absl::Status status_;
  std::unique_ptr<Node> node_;
  Subscription roles_;
};

// The index of the node that is master, once one of them is; -1 after
// `timeout`.
int AwaitMaster(std::vector<std::unique_ptr<LiveNode>>& nodes,
                absl::Duration timeout = absl::Seconds(20));

}  // namespace vigil::test

#endif  // VIGIL_TESTS_CLUSTER_LIVE_NODE_H_
