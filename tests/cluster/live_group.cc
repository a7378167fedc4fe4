#include "tests/cluster/live_group.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/free_port.h"

namespace vigil::test {

LiveGroup::LiveGroup(int members, const Change& change) {
  const auto ports = demo::FreePorts(members);
  EXPECT_TRUE(ports.ok()) << ports.status();
  for (size_t i = 0; i < static_cast<size_t>(members); ++i) {
    options_.push_back(OptionsOf(*ports, i, folder_.path()));
    if (change) change(options_.back());
    nodes_.emplace_back();
    Open(i);
  }
  master_ = AwaitMaster(nodes_);
  EXPECT_GE(master_, 0) << live(0).LogText();
}

void LiveGroup::Open(size_t i) {
  nodes_[i] = std::make_unique<LiveNode>(options_[i]);
  EXPECT_TRUE(nodes_[i]->status().ok()) << nodes_[i]->status();
}

Node& LiveGroup::master() { return **nodes_[static_cast<size_t>(master_)]; }

std::vector<Node*> LiveGroup::replicas() {
  std::vector<Node*> replicas;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (static_cast<int>(i) != master_) replicas.push_back(&**nodes_[i]);
  }
  return replicas;
}

bool Eventually(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::map<std::string, std::string> DataOf(const Node& node, int databases) {
  std::map<std::string, std::string> data;
  for (int database = 0; database < databases; ++database) {
    node.ForEach(
        [&](std::string_view key, const Value& value) {
          data[absl::StrCat(database, " ", std::string(key))] =
              absl::StrCat(value.data, " ", value.version, " ",
                           absl::FormatTime(value.expires_at));
        },
        {database});
  }
  return data;
}

}  // namespace vigil::test
