#include "tests/cluster/live_node.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil::test {

struct LiveNode::Watched {
  std::mutex mu;
  std::condition_variable changed;
  std::vector<std::string> lines;
  std::optional<RoleView> role;

  bool Await(absl::Duration timeout, const std::function<bool()>& done) {
    std::unique_lock lock(mu);
    return changed.wait_for(lock, absl::ToChronoMilliseconds(timeout), done);
  }
};

Options OptionsOf(const std::vector<int>& ports, size_t index,
                  const std::string& folder) {
  Options o;
  o.group = "test";
  for (size_t i = 0; i < ports.size(); ++i) {
    o.members.push_back({std::string(1, static_cast<char>('a' + i)),
                         absl::StrCat("127.0.0.1:", ports[i])});
  }
  o.node_id = o.members[index].name;
  if (!folder.empty()) o.data_dir = folder + "/" + o.node_id;
  o.sentinel.down_after = absl::Milliseconds(500);
  return o;
}

LiveNode::LiveNode(Options options) : watched_(std::make_shared<Watched>()) {
  options.logger = [watched = watched_](LogSeverity, std::string_view line) {
    std::lock_guard lock(watched->mu);
    watched->lines.emplace_back(line);
    watched->changed.notify_all();
  };
  auto node = Node::Open(options);
  status_ = node.status();
  if (!node.ok()) return;
  node_ = *std::move(node);
  roles_ = node_->OnRole([watched = watched_](const RoleView& view) {
    std::lock_guard lock(watched->mu);
    watched->role = view;
    watched->changed.notify_all();
  });
}

bool LiveNode::AwaitRole(NodeRole role, absl::Duration timeout) {
  return watched_->Await(
      timeout, [&] { return watched_->role && watched_->role->role == role; });
}

bool LiveNode::AwaitLog(const std::string& text, absl::Duration timeout) {
  size_t next = 0;
  return watched_->Await(timeout, [&] {
    for (; next < watched_->lines.size(); ++next) {
      if (watched_->lines[next].find(text) != std::string::npos) return true;
    }
    return false;
  });
}

std::string LiveNode::LogText() const {
  std::lock_guard lock(watched_->mu);
  std::string out;
  for (const std::string& line : watched_->lines)
    absl::StrAppend(&out, line, "\n");
  return out;
}

int AwaitMaster(std::vector<std::unique_ptr<LiveNode>>& nodes,
                absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (absl::Now() < deadline) {
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i]->AwaitRole(NodeRole::kMaster, absl::Milliseconds(20))) {
        return static_cast<int>(i);
      }
    }
  }
  return -1;
}

}  // namespace vigil::test
