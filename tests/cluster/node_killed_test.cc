// A master of its own process writes alone, is killed with SIGKILL and returns: what
// survived on its disk and not in the group is handed back, exactly that.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/free_port.h"
#include "tests/cluster/live_group.h"
#include "tests/support/temp_dir.h"

namespace vigil::test {
namespace {

// lone_writer_main.cc as a child.
class LoneWriter {
 public:
  LoneWriter(const std::string& folder, size_t index,
             const std::vector<int>& ports) {
    std::vector<std::string> words = {VIGIL_LONE_WRITER, folder,
                                      absl::StrCat(index)};
    for (const int port : ports) words.push_back(absl::StrCat(port));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execv(VIGIL_LONE_WRITER, arguments.data());
      _exit(127);
    }
    close(ends[1]);
    reader_ = std::thread([this, from = ends[0]] { Read(from); });
  }
  ~LoneWriter() { Kill(); }

  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
    reader_.join();
  }

  // Index of each write, by its number.
  std::map<int, uint64_t> written() {
    const std::lock_guard lock(mu_);
    return written_;
  }

 private:
  void Read(int from) {
    std::string rest;
    char bytes[4096];
    for (ssize_t n; (n = read(from, bytes, sizeof bytes)) > 0;) {
      rest.append(bytes, static_cast<size_t>(n));
      for (size_t end; (end = rest.find('\n')) != std::string::npos;
           rest.erase(0, end + 1)) {
        const std::lock_guard lock(mu_);
        const size_t blank = rest.find(' ');
        written_[std::stoi(rest)] = std::stoull(rest.substr(blank));
      }
    }
    close(from);
  }

  pid_t pid_ = 0;
  std::mutex mu_;
  std::map<int, uint64_t> written_;
  std::thread reader_;
};

// Where the log ended that the node found on its disk.
uint64_t LoadedUpTo(const std::string& log) {
  const std::string line = "data loaded: log ends at ";
  const size_t at = log.find(line);
  EXPECT_NE(at, std::string::npos) << log;
  return at == std::string::npos ? 0
                                 : std::stoull(log.substr(at + line.size()));
}

TEST(NodeKilled, AMasterThatWroteAloneHandsBackWhatItsDiskKept) {
  const TempDir temp;
  const std::string& folder = temp.path();
  const auto ports = demo::FreePorts(3);
  ASSERT_TRUE(ports.ok());
  LoneWriter writer(folder, 0, *ports);
  std::vector<std::unique_ptr<LiveNode>> nodes(3);
  const auto open = [&](size_t i, const LiveGroup::Change& change = {}) {
    Options options = OptionsOf(*ports, i, folder);
    if (change) change(options);
    nodes[i] = std::make_unique<LiveNode>(options);
    ASSERT_TRUE(nodes[i]->status().ok()) << nodes[i]->status();
  };
  open(1);
  open(2);
  ASSERT_TRUE(Eventually([&] { return writer.written().size() > 300; }));
  for (const size_t i : {1, 2}) nodes[i].reset();
  const size_t together = writer.written().size();
  ASSERT_TRUE(
      Eventually([&] { return writer.written().size() > together + 500; }));
  writer.Kill();

  open(1);
  open(2);
  size_t now = 0;
  ASSERT_TRUE(Eventually([&] {
    for (const size_t i : {1, 2}) {
      if ((*nodes[i])->status().role.role == NodeRole::kMaster) now = i;
    }
    return now != 0;
  }));
  Node& master = **nodes[now];
  ASSERT_TRUE(master.Set("after", "value").ok());

  std::mutex mu;
  std::map<std::string, std::string> told;
  bool ended = false;
  open(0, [&](Options& o) {
    o.on_dropped_writes = [&](const DroppedWrites& dropped) {
      const std::lock_guard lock(mu);
      EXPECT_EQ(dropped.unread_records, 0u);
      for (const DroppedWrite& w : dropped.writes) {
        EXPECT_TRUE(
            told.emplace(w.key, absl::StrCat(w.position.index, " ", w.value))
                .second)
            << w.key << " is told twice";
      }
      ended = !dropped.more;
    };
  });
  const uint64_t kept = LoadedUpTo(nodes[0]->LogText());
  ASSERT_TRUE(Eventually([&] {
    const std::lock_guard lock(mu);
    return ended;
  })) << nodes[0]->LogText();

  std::map<std::string, std::string> expected;
  for (const auto& [number, index] : writer.written()) {
    const std::string key = absl::StrCat("w", number);
    if (index <= kept && !master.Exists(key))
      expected[key] = absl::StrCat(index, " value", number);
  }
  {
    const std::lock_guard lock(mu);
    // The last one may have been killed between its write and its line.
    if (told.size() == expected.size() + 1) {
      told.erase(absl::StrCat("w", writer.written().rbegin()->first + 1));
    }
    EXPECT_EQ(told, expected);
    EXPECT_GE(expected.size(), 400u) << "of 500: a few were not on disk yet";
  }
  EXPECT_TRUE(Eventually([&] {
    return (*nodes[0])->status().last_index == master.status().last_index;
  }));
  for (const size_t i : {size_t{0}, 3 - now})
    EXPECT_EQ(DataOf(**nodes[i]), DataOf(master)) << i;
  EXPECT_EQ((*nodes[0])->status().full_syncs, 0u);
}

}  // namespace
}  // namespace vigil::test
