// The process that node_killed_test kills: a node that, once it is master, writes for
// ever and says what it wrote: "number index", a line each.
//
//   lone_writer <folder> <index of the node> <port>...
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/live_node.h"
#include "vigil/vigil.h"

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  std::vector<int> ports;
  for (int i = 3; i < argc; ++i) ports.push_back(std::atoi(argv[i]));
  vigil::Options options = vigil::test::OptionsOf(
      ports, static_cast<size_t>(std::atoi(argv[2])), argv[1]);
  options.priority = 1;  // it is to be the first master
  vigil::test::LiveNode node(options);
  if (!node.status().ok() || !node.AwaitRole(vigil::NodeRole::kMaster))
    return 1;
  for (int i = 0;; ++i) {
    const auto set = node->Set(absl::StrCat("w", i), absl::StrCat("value", i));
    if (!set.ok()) return 1;
    const std::string line = absl::StrCat(i, " ", set->receipt.index, "\n");
    if (write(STDOUT_FILENO, line.data(), line.size()) < 0) return 1;
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
}
