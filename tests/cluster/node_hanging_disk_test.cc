// A node whose disk does not answer: nobody waits longer than was said.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "engine/memory_storage.h"
#include "examples/three_node_demo/free_port.h"
#include "tests/cluster/live_group.h"
#include "tests/cluster/live_node.h"
#include "vigil/node_impl.h"

namespace vigil::test {
namespace {

using engine::MemoryDisk;
using engine::MemoryStorage;

class NodeHangingDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto ports = demo::FreePorts(1);
    ASSERT_TRUE(ports.ok()) << ports.status();
    options_ = OptionsOf(*ports, 0, "/unused");
    options_.close_timeout = absl::Milliseconds(200);
    options_.logger = [this](LogSeverity, std::string_view) { ++calls_; };
    options_.on_event = [this](const Event&) { ++calls_; };
  }
  // What was left behind ends when the disk answers.
  void TearDown() override {
    disk_->Hang(false);
    EXPECT_TRUE(Eventually([&] { return disk_.use_count() == 1; }));
  }

  absl::StatusOr<std::unique_ptr<Node>> Open(const WorkOptions& work = {}) {
    return NodeImpl::Open(options_, work, [disk = disk_](const std::string&) {
      return std::make_unique<MemoryStorage>(disk);
    });
  }

  Options options_;
  std::atomic<int> calls_{0};
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

bool IsMaster(const Node& node) {
  return Eventually(
      [&] { return node.status().role.role == NodeRole::kMaster; });
}

TEST_F(NodeHangingDisk, OpenEndsInTimeAndTheDirectoryIsFreeWhenTheDiskAnswers) {
  disk_->Hang(true);
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      Open({.timeout = absl::Milliseconds(50)}).status()));
  std::stop_source stop;
  std::thread other([&] { stop.request_stop(); });
  EXPECT_TRUE(absl::IsCancelled(Open({.cancel = stop.get_token()}).status()));
  other.join();
  const int calls = calls_;
  disk_->Hang(false);
  EXPECT_TRUE(Eventually([&] { return disk_.use_count() == 1; }));
  EXPECT_EQ(calls_, calls) << "the application was called afterwards";
  const auto node = Open();
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_TRUE(IsMaster(**node));
}

TEST_F(NodeHangingDisk, TheDestructorLeavesItBehindAndTellsEverybodyBefore) {
  auto node = Open();
  ASSERT_TRUE(node.ok()) << node.status();
  ASSERT_TRUE(IsMaster(**node));
  ASSERT_TRUE((*node)->Set("kept", "v", {.ack = Ack::kDisk}).ok());
  disk_->Hang(true);
  std::atomic<int> told{0};
  const auto tell = [&](const auto& answer) {
    if constexpr (requires { answer.status(); }) {
      EXPECT_TRUE(absl::IsCancelled(answer.status())) << answer.status();
    } else {
      EXPECT_TRUE(absl::IsCancelled(answer)) << answer;
    }
    ++told;
  };
  EXPECT_TRUE((*node)
                  ->async()
                  .Set("k", "v",
                       {.ack = Ack::kDisk, .timeout = absl::InfiniteDuration()},
                       tell)
                  .accepted());
  EXPECT_TRUE((*node)->async().Backup("/unused", {}, tell).accepted());
  const absl::Time before = absl::Now();
  node->reset();
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
  EXPECT_EQ(told, 2);
  const int calls = calls_;
  disk_->Hang(false);
  ASSERT_TRUE(Eventually([&] { return disk_.use_count() == 1; }));
  EXPECT_EQ(calls_, calls) << "the application was called afterwards";

  const auto again = Open();
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_TRUE(IsMaster(**again));
  EXPECT_TRUE((*again)->Exists("kept"));
}

// Each waits without end in a call that the disk never lets return.
TEST_F(NodeHangingDisk, TheDestructorGetsBackACallbackThatWaitsInACall) {
  options_.log_memory_bytes = 1 << 20;
  const std::string large(64 << 10, 'x');
  const auto set = [&](Node& node, const Ack& ack) {
    return node
        .Set("k", large, {.ack = ack, .timeout = absl::InfiniteDuration()})
        .status();
  };
  const std::function<absl::Status(Node&)> calls[] = {
      [&](Node& node) { return set(node, Ack::kDisk); },
      [&](Node& node) { return set(node, Ack::kQuorum); },
      // Until there is no room in the log.
      [&](Node& node) {
        absl::Status last;
        while (last.ok()) last = set(node, Ack::kMemory);
        return last;
      },
      [&](Node& node) { return node.Backup("/unused", {}); },
  };
  for (const auto& call : calls) {
    auto node = Open();
    ASSERT_TRUE(node.ok()) << node.status();
    ASSERT_TRUE(IsMaster(**node));
    std::atomic<bool> begun{false};
    absl::Status told;
    const auto watch = (*node)->Watch({}, [&](const ChangeBatch&) {
      if (begun.exchange(true)) return;
      disk_->Hang(true);
      told = call(**node);
    });
    ASSERT_TRUE(watch.ok()) << watch.status();
    ASSERT_TRUE((*node)->Set("first", "v").ok());
    ASSERT_TRUE(Eventually([&] { return begun.load(); }));
    node->reset();
    EXPECT_TRUE(absl::IsCancelled(told)) << told;
    disk_->Hang(false);
    ASSERT_TRUE(Eventually([&] { return disk_.use_count() == 1; }));
  }
}

}  // namespace
}  // namespace vigil::test
