// LiveGroup: the nodes of one group in this process, with real sockets and disks.
#ifndef VIGIL_TESTS_CLUSTER_LIVE_GROUP_H_
#define VIGIL_TESTS_CLUSTER_LIVE_GROUP_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/cluster/live_node.h"
#include "tests/support/temp_dir.h"
#include "vigil/vigil.h"

namespace vigil::test {

class LiveGroup {
 public:
  using Change = std::function<void(Options&)>;

  // Opens `members` nodes in a folder of their own, and waits for a master. `change`:
  // what their options differ in from OptionsOf().
  explicit LiveGroup(int members, const Change& change = {});

  // REQUIRES: there is a master. Fails the test if it is not so.
  Node& master();
  size_t master_index() const { return static_cast<size_t>(master_); }
  std::vector<Node*> replicas();
  LiveNode& live(size_t i) { return *nodes_[i]; }
  // Ends node `i`, and opens it again.
  void Close(size_t i) { nodes_[i].reset(); }
  void Open(size_t i);

 private:
  const TempDir folder_;  // outlives the nodes
  std::vector<Options> options_;
  std::vector<std::unique_ptr<LiveNode>> nodes_;
  int master_ = -1;
};

// Whether `condition` came true before a generous time-out.
bool Eventually(const std::function<bool()>& condition);

// All that a node holds: "database key" to "value version expiry".
std::map<std::string, std::string> DataOf(const Node& node, int databases = 16);

}  // namespace vigil::test

#endif  // VIGIL_TESTS_CLUSTER_LIVE_GROUP_H_
