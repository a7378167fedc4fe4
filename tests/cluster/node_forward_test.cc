// Writes on replicas over real sockets and disks: done by the master, once each.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/cluster/live_group.h"

namespace vigil::test {
namespace {

const WriteOptions kPatient{.ack = Ack::kQuorum, .timeout = absl::Seconds(60)};

TEST(NodeForward, EveryWriteOnAReplicaIsTheMastersAndIsSeenHere) {
  LiveGroup group(3);
  Node& here = *group.replicas()[0];
  ASSERT_TRUE(Eventually([&] { return !here.status().role.master.empty(); }));
  ASSERT_TRUE(here.Set("k", "5", {.timeout = absl::Seconds(60)}).ok());
  EXPECT_EQ(here.Get("k")->data, "5") << "read your own writes";
  EXPECT_EQ(here.Increment("k", 2)->value, 7);
  EXPECT_EQ(here.IncrementFloat("k", 0.5)->value, 7.5);
  EXPECT_EQ(here.Append("k", "1")->size, 4u);
  EXPECT_EQ(here.SetRange("k", 0, "9")->size, 4u);
  EXPECT_TRUE(here.Rename("k", "n")->applied);
  EXPECT_TRUE(here.Expire("n", absl::Hours(1))->applied);
  EXPECT_GT(*here.TimeToLive("n"), absl::Minutes(59));
  EXPECT_TRUE(here.Persist("n")->applied);
  EXPECT_TRUE(here.ExpireAt("n", absl::InfinitePast())->applied);
  EXPECT_FALSE(here.Exists("n"));
  const auto set = here.Set("k", "new", {.return_previous = true});
  EXPECT_FALSE(set->previous.has_value());
  const auto swapped =
      here.Set("k", "newer",
               {.if_version = set->receipt.index, .return_previous = true});
  EXPECT_EQ(swapped->previous->data, "new");
  EXPECT_FALSE(here.Set("k", "x", {.if_version = 1})->applied);
  EXPECT_EQ(here.Write(Batch().Set("a", "1").Increment("a", 4), kPatient)
                ->results[1]
                .integer,
            5);
  EXPECT_TRUE(absl::IsAborted(here.Write(Batch().CheckAbsent("a")).status()));
  EXPECT_EQ(here.DeleteMany({"a", "none"})->deleted, 1u);
  EXPECT_TRUE(here.Delete("k")->existed);
  ASSERT_TRUE(here.Set("z", "v", {.database = 3}).ok());
  EXPECT_TRUE(here.SwapDatabases(0, 3).ok());
  EXPECT_EQ(here.Get("z")->data, "v");
  EXPECT_TRUE(here.FlushDatabase().ok());
  const auto flushed = here.FlushAll();
  ASSERT_TRUE(flushed.ok());
  EXPECT_EQ(here.Wait(*flushed, Ack::kQuorumDurable)->reached,
            Ack::kQuorumDurable);
  std::promise<absl::StatusOr<IncrementResult>> told;
  EXPECT_TRUE(here.async()
                  .Increment("n", 3, kPatient,
                             [&](auto r) { told.set_value(std::move(r)); })
                  .accepted());
  EXPECT_EQ(told.get_future().get()->value, 3);
  EXPECT_EQ(here.Get("n")->data, "3");

  const NodeStatus status = here.status();
  EXPECT_GE(status.forwarding.sent, 20u);
  EXPECT_EQ(status.forwarding.unknown, 0u);
  EXPECT_GE(group.master().status().forwarding.received, 20u);
  EXPECT_TRUE(absl::StrContains(InfoText(status, "forwarding"),
                                "forwarded_writes_received:0"));
}

TEST(NodeForward, LargeAndManyValuesPass) {
  LiveGroup group(3);
  Node& here = *group.replicas()[0];
  const std::string large(16 << 20, 'x');
  const auto set = here.Set(
      "large", large, {.ack = Ack::kQuorum, .timeout = absl::Seconds(60)});
  ASSERT_TRUE(set.ok()) << set.status();
  const auto again =
      here.Set("large", "small",
               {.return_previous = true, .timeout = absl::Seconds(60)});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->previous->data.size(), large.size());
  EXPECT_TRUE(absl::IsInvalidArgument(
      here.Set("k", std::string((16 << 20) + 1, 'x')).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      here.Set("k", std::string(64 << 20, 'x')).status()));
  std::atomic<int> done{0};
  std::atomic<int> wrong{0};
  constexpr int kMany = 5000;
  for (int i = 0; i < kMany; ++i) {
    EXPECT_TRUE(here.async()
                    .Increment("n", 1, kPatient,
                               [&](const auto& result) {
                                 wrong += !result.ok();
                                 ++done;
                               })
                    .accepted());
  }
  EXPECT_TRUE(Eventually([&] { return done == kMany; }));
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(here.Get("n")->data, absl::StrCat(kMany));
}

// The node that forwards stays; masters end and come back.
TEST(NodeForward, IncrementsOverFailoversAreAppliedOnceEach) {
  LiveGroup group(3, [](Options& options) {
    options.sentinel.down_after = absl::Milliseconds(500);
    if (options.node_id == "c") options.priority = 1000;
  });
  Node& here = *group.live(2);
  constexpr int kThreads = 3;
  std::atomic<bool> stop{false};
  std::atomic<int> done{0};
  std::atomic<int> unknown{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto result = here.Increment("n", 1, kPatient);
        if (result.ok()) {
          ++done;
        } else if (absl::IsDeadlineExceeded(result.status())) {
          // Not forwarded: it was master itself when it lost its role.
          ++unknown;
        } else {
          ADD_FAILURE() << result.status();
          return;
        }
      }
    });
  }
  const auto progresses = [&] {
    const int target = done + 20;
    return Eventually([&] { return done >= target; });
  };
  EXPECT_TRUE(progresses());
  for (int round = 0; round < 3; ++round) {
    size_t master = 2;
    for (const size_t i : {0, 1}) {
      if (group.live(i)->status().role.role == NodeRole::kMaster) master = i;
    }
    if (master == 2) break;
    group.Close(master);
    EXPECT_TRUE(progresses());
    group.Open(master);
    EXPECT_TRUE(
        Eventually([&] { return group.live(master)->status().linked; }));
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const auto value = here.Get("n", Freshness::Linearizable());
  ASSERT_TRUE(value.ok()) << value.status();
  const int counted = std::stoi(value->data);
  EXPECT_GE(counted, done);
  EXPECT_LE(counted, done + unknown);
}

}  // namespace
}  // namespace vigil::test
