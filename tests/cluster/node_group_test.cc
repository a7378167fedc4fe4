// Three nodes: whatever is done on the master looks the same on its replicas.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/live_group.h"

namespace vigil::test {
namespace {

// Waits until the replicas have the master's log, and compares all data.
void ExpectAlike(LiveGroup& group) {
  const uint64_t last = group.master().status().last_index;
  for (Node* replica : group.replicas()) {
    ASSERT_TRUE(
        Eventually([&] { return replica->status().last_index >= last; }));
  }
  for (Node* replica : group.replicas()) {
    EXPECT_TRUE(
        Eventually([&] { return DataOf(*replica) == DataOf(group.master()); }));
  }
}

TEST(NodeGroup, AFreshReadOnAReplicaSeesWhatTheMasterHasAcknowledged) {
  LiveGroup group(3);
  for (int i = 0; i < 50; ++i) {
    const auto set = group.master().Set("k", absl::StrCat(i));
    ASSERT_TRUE(set.ok()) << set.status();
    for (Node* replica : group.replicas()) {
      const auto read = replica->Get("k", Freshness::Linearizable());
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_EQ(read->data, absl::StrCat(i));
    }
    const auto later = group.master().Set("k", absl::StrCat(i, " again"));
    ASSERT_TRUE(later.ok()) << later.status();
    for (Node* replica : group.replicas()) {
      std::string seen;
      const auto point = replica->Read(Freshness::AtLeast(later->receipt),
                                       [&] { seen = replica->Get("k")->data; });
      ASSERT_TRUE(point.ok()) << point.status();
      EXPECT_EQ(seen, absl::StrCat(i, " again"));
      EXPECT_GE(point->index, later->receipt.index);
    }
  }
  EXPECT_EQ(
      group.master().Get("none", Freshness::Linearizable()).status().code(),
      absl::StatusCode::kNotFound);
}

TEST(NodeGroup, BatchesFlushesSwapsAndRenamesAreAlikeEverywhere) {
  LiveGroup group(3);
  Node& master = group.master();
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string key = absl::StrCat("k", random() % 300);
    const std::string other = absl::StrCat("k", random() % 300);
    const int database = static_cast<int>(random() % 3);
    switch (random() % 12) {
      case 0:
        ASSERT_TRUE(master
                        .Write(Batch()
                                   .Set(key, absl::StrCat(i))
                                   .Increment("count")
                                   .In(database)
                                   .Append(other, "x")
                                   .Delete(absl::StrCat("k", i % 300)))
                        .ok());
        break;
      case 1:
        if (i % 50 != 0) break;
        ASSERT_TRUE(master.FlushDatabase({.database = database}).ok());
        break;
      case 2:
        ASSERT_TRUE(master.SwapDatabases(database, i % 3).ok());
        break;
      case 3:
        // Not found is fine.
        master.Rename(key, other, {.database = database})
            .status()
            .IgnoreError();
        break;
      case 4:
        ASSERT_TRUE(
            master.Expire(key, absl::Hours(i % 5), {.database = database})
                .ok());
        break;
      case 5:
        ASSERT_TRUE(
            master.DeleteMany({key, other}, {.database = database}).ok());
        break;
      default:
        ASSERT_TRUE(
            master.Set(key, absl::StrCat(i), {.database = database}).ok());
    }
  }
  EXPECT_FALSE(DataOf(master).empty());
  ExpectAlike(group);
  ASSERT_TRUE(master.FlushAll({.ack = Ack::kQuorum}).ok());
  EXPECT_TRUE(DataOf(master).empty());
  ExpectAlike(group);
  EXPECT_EQ(group.replicas()[0]->KeyCount(), 0u);
}

TEST(NodeGroup, TheLargestRecordReachesTheReplicas) {
  LiveGroup group(3);
  Node& master = group.master();
  const std::string key(65536, 'k');
  ASSERT_TRUE(master.Set(key, std::string(16 << 20, 'v')).ok());
  const auto renamed =
      master.Rename(key, std::string(65536, 'n'),
                    {.ack = Ack::kQuorum, .timeout = absl::Seconds(30)});
  EXPECT_TRUE(renamed.ok()) << renamed.status();
  ExpectAlike(group);
}

TEST(NodeGroup, OnlyTheMasterEvictsAndTheReplicasFollow) {
  LiveGroup group(3, [](Options& o) {
    o.max_memory = size_t{2} << 20;
    o.eviction = Eviction::kAllkeysLru;
  });
  Node& master = group.master();
  std::vector<Subscription> watches;
  std::vector<std::unique_ptr<std::atomic<uint64_t>>> evicted;
  const auto watch = [&](Node& node) {
    auto& count =
        *evicted.emplace_back(std::make_unique<std::atomic<uint64_t>>(0));
    auto added = node.Watch(
        {.kinds = static_cast<uint32_t>(ChangeKind::kEvicted)},
        [&count](const ChangeBatch& batch) { count += batch.changes.size(); });
    ASSERT_TRUE(added.ok());
    watches.push_back(*std::move(added));
  };
  watch(master);
  for (Node* replica : group.replicas()) watch(*replica);
  constexpr int kKeys = 6000;
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_TRUE(master.Set(absl::StrCat("k", i), std::string(1000, 'v')).ok());
    // Reads on a replica are no reason for what the master evicts.
    group.replicas()[0]->Get("k1").status().IgnoreError();
  }
  ExpectAlike(group);
  const uint64_t gone = kKeys - master.KeyCount();
  EXPECT_GT(gone, 3000u);
  for (const auto& count : evicted) {
    EXPECT_TRUE(Eventually([&] { return *count == gone; }))
        << *count << " of " << gone;
  }
}

TEST(NodeGroup, KeysExpireEverywhere) {
  LiveGroup group(3);
  Node& master = group.master();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(master
                    .Set(absl::StrCat("k", i), "v",
                         {.ttl = absl::Milliseconds(i % 200 + 1)})
                    .ok());
  }
  ASSERT_TRUE(master.Set("stays", "v").ok());
  for (Node* node : {group.replicas()[0], group.replicas()[1], &master}) {
    EXPECT_TRUE(Eventually([&] { return node->KeyCount() == 1; }))
        << node->KeyCount();
  }
  ExpectAlike(group);
}

TEST(NodeGroup, WithoutForwardingAReplicaRefusesEveryWriteAndNamesTheMaster) {
  LiveGroup group(3, [](Options& options) { options.forward_writes = false; });
  Node& master = group.master();
  Node& replica = *group.replicas()[0];
  ASSERT_TRUE(master.Set("k", "v", {.ack = Ack::kQuorum}).ok());
  ASSERT_TRUE(
      Eventually([&] { return !replica.status().role.master.empty(); }));
  const absl::Status statuses[] = {
      replica.Set("k", "w").status(),
      replica.Delete("k").status(),
      replica.DeleteMany({"k"}).status(),
      replica.Increment("n").status(),
      replica.IncrementFloat("n", 1).status(),
      replica.Append("k", "w").status(),
      replica.SetRange("k", 0, "w").status(),
      replica.Rename("k", "n").status(),
      replica.Expire("k", absl::Hours(1)).status(),
      replica.Persist("k").status(),
      replica.Write(Batch().Set("k", "w")).status(),
      replica.FlushDatabase().status(),
      replica.FlushAll().status(),
      replica.SwapDatabases(0, 1).status(),
  };
  for (const absl::Status& status : statuses) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    ASSERT_TRUE(MasterOf(status).has_value()) << status;
    EXPECT_EQ(MasterOf(status)->name, master.status().server.node_id);
  }
  ExpectAlike(group);
}

// Those who wait for a quorum that does not come are told when the node ends.
TEST(NodeGroup, TheEndOfTheNodeCancelsItsAsynchronousWrites) {
  LiveGroup group(3, [](Options& o) {
    o.sentinel.down_after = absl::Seconds(20);
    o.sentinel.failover_timeout = absl::Seconds(30);
  });
  const size_t master = group.master_index();
  for (size_t i = 0; i < 3; ++i) {
    if (i != master) group.Close(i);
  }
  std::atomic<int> cancelled{0};
  AsyncOperation operation;
  for (int i = 0; i < 100; ++i) {
    operation = group.master().async().Set(
        absl::StrCat(i), "v",
        {.ack = Ack::kQuorum, .timeout = absl::InfiniteDuration()},
        [&](const absl::StatusOr<SetResult>& set) {
          EXPECT_TRUE(absl::IsCancelled(set.status())) << set.status();
          EXPECT_TRUE(ReceiptOf(set.status()).has_value());
          ++cancelled;
        });
  }
  EXPECT_EQ(group.master().KeyCount(), 100u);
  EXPECT_EQ(cancelled, 0);
  operation.Cancel();
  EXPECT_TRUE(Eventually([&] { return cancelled == 1; }));
  group.Close(master);
  EXPECT_EQ(cancelled, 100);
  operation.Cancel();
}

}  // namespace
}  // namespace vigil::test
