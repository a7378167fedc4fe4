#include "replication/replicator.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/replication/engine_group.h"
#include "tests/support/temp_dir.h"

namespace vigil::replication {
namespace {

constexpr Epoch kFirst{1, NodeId{9}};
constexpr Epoch kSecond{2, NodeId{9}};

// A little log in memory and none kept on disk, so that a replica that was away
// needs a full sync; small messages, so that one takes many of them.
GroupOptions LittleLog() {
  GroupOptions options;
  options.engine.log_memory_bytes = 64 << 10;
  options.engine.log_disk_bytes = 0;
  options.engine.checkpoint_period = absl::Milliseconds(5);
  options.replication.message_bytes = 2 << 10;
  return options;
}

// Fails over from the first node to the better of the two others, which follows
// it then. Returns the new master.
size_t FailOver(EngineGroup& group) {
  const FenceReply b = group.Fence(group[1], kSecond);
  const FenceReply c = group.Fence(group[2], kSecond);
  const size_t chosen = c.view.position > b.view.position ? 2 : 1;
  const size_t other = 3 - chosen;
  EXPECT_TRUE(group.Promote(group[chosen], kSecond, chosen == 1 ? b : c));
  group.Follow(group[other], group[chosen], kSecond);
  return chosen;
}

TEST(Replicator, WritesReachReplicasAndAreCommitted) {
  EngineGroup group;
  group.Bootstrap();
  uint64_t last = 0;
  for (int i = 0; i < 200; ++i) {
    last = group[0].Set("key" + std::to_string(i), "value");
  }
  EXPECT_TRUE(group[0].AwaitCommit(last, absl::Seconds(30)));
  for (size_t replica : {1, 2}) {
    EXPECT_TRUE(group.AreLevel(group[0], group[replica]));
    EXPECT_TRUE(group.Eventually(
        [&] { return group[replica].replicator->view().formed; }));
    EXPECT_EQ(group[replica].Set("key", "value"), 0u) << "its gate is closed";
  }
}

// No heartbeat and nobody who waits on the engine wakes it: it looks at the log by itself
// while writes come, and when none have come for a while the next one wakes it.
TEST(Replicator, WithoutADiskItFollowsTheLog) {
  GroupOptions options;
  options.members = 1;
  options.without_disk = true;
  options.replication.heartbeat = absl::Minutes(10);
  EngineGroup group(options);
  group.Bootstrap();
  for (int i = 0; i < 4; ++i) {
    for (int k = 0; k < 3; ++k) {
      const uint64_t last = group[0].Set("key", "value");
      ASSERT_TRUE(group[0].AwaitCommit(last, absl::Seconds(30)));
    }
    EXPECT_FALSE(group[0].AwaitCommit(UINT64_MAX, absl::Milliseconds(100)));
  }
}

TEST(Replicator, TheCommitPointStandsStillWithoutAQuorumAndEndsWithItsEpoch) {
  EngineGroup group;
  group.Bootstrap();
  for (const char* replica : {"b:1", "c:1"}) {
    group.network().Refuse("a:1", replica, true);
    group.network().Cut("a:1", replica);
  }
  const uint64_t index = group[0].Set("key", "value");
  EXPECT_FALSE(group[0].AwaitCommit(index, absl::Milliseconds(20)));
  EXPECT_TRUE(group.Eventually([&] { return group[0].status().isolated; }));

  std::thread fence([&] { group.Fence(group[0], kSecond); });
  EXPECT_FALSE(group[0].AwaitCommit(index, absl::InfiniteDuration(), kFirst));
  fence.join();
}

TEST(Replicator, AStoppedNodeLetsItsWritersGo) {
  EngineGroup group;
  group.Bootstrap();
  std::thread stop([&] { group[0].replicator->Stop(); });
  EXPECT_FALSE(group[0].AwaitCommit(1 << 20, absl::InfiniteDuration(), kFirst));
  stop.join();
}

TEST(Replicator, AReplicaNeitherExpiresNorEvictsByItself) {
  GroupOptions options;
  options.engine.housekeeping_period = absl::Hours(1);  // when the test says so
  options.engine.max_memory = size_t{1} << 20;
  options.engine.eviction = engine::EvictionPolicy::kAllkeysLru;
  EngineGroup group(options);
  group.Bootstrap();
  for (int i = 0; i < 3000; ++i) {
    ASSERT_NE(group[0].Set("key" + std::to_string(i), std::string(999, 'v')),
              0u);
  }
  EXPECT_TRUE(group.AreLevel(group[0], group[1]));
  EXPECT_GT(group[0].engine->status().evicted_keys, 1000u);
  EXPECT_EQ(group[1].engine->status().evicted_keys, 0u);

  const WallTime soon{SystemClock().Wall().ms + 1};
  ASSERT_TRUE(group[0].engine->Set("brief", "v", soon, {INT64_MAX}).ok());
  EXPECT_TRUE(group.Eventually([&] {
    return group[1].engine->last_index() == group[0].engine->last_index() &&
           SystemClock().Wall() > soon;
  }));
  const uint64_t keys = group[1].engine->KeyCount();
  EXPECT_FALSE(group[1].engine->Exists("brief")) << "hidden";
  EXPECT_EQ(group[1].engine->DeleteExpired(), 0u);
  EXPECT_EQ(group[1].engine->KeyCount(), keys) << "but there";
  EXPECT_EQ(group[0].engine->DeleteExpired(), 1u);
  EXPECT_TRUE(group.Eventually(
      [&] { return group[1].engine->KeyCount() == keys - 1; }));
}

TEST(Replicator, AFullSyncWhileWritingIsExact) {
  EngineGroup group(LittleLog());
  group.Close(group[2]);
  group.Open(group[2]);  // the bootstrap needs all three
  group.Bootstrap();
  group.Close(group[2]);
  for (int i = 0; i < 3000; ++i) {
    group[0].Set("key" + std::to_string(i), std::string(100, 'v'));
  }
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      group[0].Set("key" + std::to_string(i % 4000), std::to_string(i));
    }
  });
  group.Open(group[2]);
  group.Follow(group[2], group[0], kFirst);
  EXPECT_TRUE(group.Eventually([&] {
    const ReplicatorStatus status = group[2].status();
    return status.full_syncs > 0 && status.view.linked;
  }));
  stop = true;
  writer.join();
  EXPECT_TRUE(group.AreLevel(group[0], group[2]));
  EXPECT_TRUE(group[2].replicator->view().formed);
  EXPECT_EQ(group[2].status().dropped.writes, 0u);
}

TEST(Replicator, AFenceInMidSyncFallsBackToTheOldDataSet) {
  EngineGroup group(LittleLog());
  group.Bootstrap();
  ASSERT_TRUE(group.AreLevel(group[0], group[2]));
  group.Close(group[2]);
  for (int i = 0; i < 3000; ++i) {
    group[0].Set("key" + std::to_string(i), std::string(100, 'v'));
  }
  // As soon as the sync has begun, nothing arrives at c any more.
  EngineGroup::Node& c = group[2];
  c.on_role = [&] {
    if (c.replicator->status().syncing) group.network().Freeze("c:1", true);
  };
  group.Open(c);
  group.Follow(c, group[0], kFirst);
  ASSERT_TRUE(group.Eventually([&] { return c.status().syncing; }));
  // Not before: it may have continued until the log under it was trimmed.
  const uint64_t last = c.engine->last_index();

  const FenceReply fenced = group.Fence(c, kSecond);
  EXPECT_TRUE(fenced.promised);
  EXPECT_TRUE(fenced.view.exact);
  EXPECT_TRUE(fenced.view.formed);
  EXPECT_EQ(fenced.view.position.index, last);
  EXPECT_EQ(c.engine->last_index(), last);

  group.network().Freeze("c:1", false);
  const Epoch third{3, NodeId{9}};
  group.Fence(group[1], third);
  ASSERT_TRUE(group.Promote(group[0], third, group.Fence(group[0], third)));
  group.Follow(group[1], group[0], third);
  c.on_role = nullptr;
  group.Follow(c, group[0], third);
  EXPECT_TRUE(group.AreLevel(group[0], c));
}

TEST(Replicator, AMasterWithABrokenDiskStepsDown) {
  EngineGroup group;
  group.Bootstrap();
  const uint64_t last = group[0].Set("key", "value");
  ASSERT_TRUE(group[0].AwaitCommit(last, absl::Seconds(30)));
  group[0].disk->FailWrites(absl::InternalError("no space"));
  group[0].Set("lost", "value");
  EXPECT_TRUE(group.Eventually([&] {
    const MemberView view = group[0].replicator->view();
    return view.role == Role::kReplica && !view.healthy;
  }));
  EXPECT_EQ(group[0].replicator->master_epoch(), Epoch{});
  EXPECT_EQ(group[0].Set("key", "more"), 0u);
  EXPECT_FALSE(group.Fence(group[0], kSecond).promised);
  EXPECT_TRUE(group[0].engine->Get("key").has_value()) << "reads go on";

  const size_t master = FailOver(group);
  EXPECT_TRUE(group.AreLevel(group[1], group[2]));
  EXPECT_TRUE(group[master].engine->Get("key").has_value());
}

TEST(Replicator, AReaderIsToldWhenItsStepFailsOnABrokenDisk) {
  EngineGroup group;
  group.Bootstrap();
  Replicator& master = *group[0].replicator;
  std::atomic<int> answers{0};
  master.AskCommit(master.master_epoch(), /*index=*/1'000'000,
                   MonoTime::InfiniteFuture(), [&](const ReadAnswer& answer) {
                     EXPECT_NE(answer.outcome, ReadOutcome::kConfirmed);
                     ++answers;
                   });
  group[0].disk->FailWrites(absl::InternalError("no space"));
  // The promise does not reach the disk, and so nothing that follows it happens.
  master.Fence({.epoch = kSecond}, [](const FenceReply&) {});
  EXPECT_TRUE(group.Eventually([&] { return answers == 1; }));
}

// An old master, "a", that wrote on alone while the others elected a new one.
class OldMaster : public testing::Test {
 protected:
  explicit OldMaster(GroupOptions options = {})
      : group_([&] {
          options.folder = folder_.path();
          return options;
        }()) {
    group_.Bootstrap();
    for (int i = 0; i < 300; ++i)
      last_ = group_[0].Set("key" + std::to_string(i), "value");
    EXPECT_TRUE(group_[0].AwaitCommit(last_, absl::Seconds(30)));
    Join(false);
    group_[0].on_dropped = [this](const DroppedReport& report) {
      const std::vector<std::string> writes = Read(report.source);
      MutexLock lock(mu_);
      reported_.insert(reported_.end(), writes.begin(), writes.end());
      report.told();
    };
  }

  void Join(bool join) {
    for (const char* replica : {"b:1", "c:1"}) {
      group_.network().Refuse("a:1", replica, !join);
      if (!join) group_.network().Cut("a:1", replica);
    }
  }

  // Writes that reach nobody, some of them over common keys.
  void WriteAlone(int writes) {
    for (int i = 0; i < writes; ++i) {
      const std::string key = (i % 2 == 0 ? "key" : "lost") + std::to_string(i);
      const std::string value = "lost" + std::to_string(i);
      const uint64_t index = group_[0].Set(key, value);
      written_.push_back(absl::StrCat(key, "=", value, "@1/", index));
    }
  }

  // A new master, which writes, too, and the old one finds it.
  EngineGroup::Node& FailOverAndWrite() {
    EngineGroup::Node& master = group_[FailOver(group_)];
    for (int i = 0; i < 200; ++i)
      master.Set("key" + std::to_string(3 * i), "new" + std::to_string(i));
    Join(true);
    return master;
  }

  std::vector<std::string> reported() {
    MutexLock lock(mu_);
    return reported_;
  }

  TempDir folder_;
  uint64_t last_ = 0;
  Mutex mu_;
  std::vector<std::string> reported_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> written_;
  EngineGroup group_;  // last: it calls back

 private:
  static std::vector<std::string> Read(const DroppedSource& source) {
    std::vector<std::string> writes;
    DroppedReader reader(source);
    const auto tail = reader.ReadHead();
    EXPECT_TRUE(tail.ok()) << tail.status();
    for (auto next = reader.Next(); next.ok() && next->has_value();
         next = reader.Next()) {
      ForEachEffect((*next)->record, [&](const engine::RecordView& effect) {
        const Position at = tail->history.PositionAt(effect.index);
        writes.push_back(absl::StrCat(std::string(effect.key), "=",
                                      std::string(effect.value), "@",
                                      ToString(at)));
      });
    }
    return writes;
  }
};

class OldMasterOfALittleLog : public OldMaster {
 protected:
  OldMasterOfALittleLog() : OldMaster(LittleLog()) {}
};

TEST_F(OldMaster, RewindsAndHandsItsWritesBack) {
  WriteAlone(100);
  EngineGroup::Node& master = FailOverAndWrite();
  group_.Follow(group_[0], master, kSecond);
  EXPECT_TRUE(group_.AreLevel(group_[0], master));
  EXPECT_TRUE(group_.AreLevel(group_[1], group_[2]));
  EXPECT_TRUE(group_.Eventually([&] { return !reported().empty(); }));
  EXPECT_EQ(reported(), written_);
  const ReplicatorStatus status = group_[0].status();
  EXPECT_EQ(status.rewinds, 1u);
  EXPECT_EQ(status.full_syncs, 0u);
  EXPECT_TRUE(group_.Eventually(
      [&] { return group_[0].status().dropped.writes == 100; }));
  EXPECT_TRUE(group_[0].replicator->view().formed);

  // And is as good as any other afterwards.
  group_.Close(group_[0]);
  group_.Open(group_[0]);
  group_.Follow(group_[0], master, kSecond);
  master.Set("after", "value");
  EXPECT_TRUE(group_.AreLevel(group_[0], master));
  EXPECT_EQ(reported().size(), 100u) << "told once";
}

TEST_F(OldMaster, HasNothingToHandBackIfAllArrived) {
  EngineGroup::Node& master = FailOverAndWrite();
  group_.Follow(group_[0], master, kSecond);
  EXPECT_TRUE(group_.AreLevel(group_[0], master));
  EXPECT_EQ(group_[0].status().rewinds, 0u);
  EXPECT_TRUE(reported().empty());
}

TEST_F(OldMaster, APowerCutInTheMiddleOfTheRewindIsRepeated) {
  WriteAlone(100);
  EngineGroup::Node& old = group_[0];
  ASSERT_TRUE(old.engine->Sync().ok());
  EngineGroup::Node& master = FailOverAndWrite();
  for (int round = 0; round < 3; ++round) {
    // As soon as it has begun, nothing arrives any more.
    old.on_role = [&] {
      if (old.replicator->status().syncing)
        group_.network().Freeze("a:1", true);
    };
    group_.Follow(old, master, kSecond);
    ASSERT_TRUE(group_.Eventually([&] { return old.status().syncing; }));
    EXPECT_EQ(old.engine->Get("lost1")->value, "lost1") << "reads go on";
    old.disk->PowerCut(0);
    group_.Close(old);
    old.on_role = nullptr;
    group_.network().Freeze("a:1", false);
    group_.Open(old);
    EXPECT_EQ(old.engine->Get("lost1")->value, "lost1");
    EXPECT_TRUE(reported().empty());
  }
  group_.Follow(old, master, kSecond);
  EXPECT_TRUE(group_.AreLevel(old, master));
  EXPECT_TRUE(group_.Eventually([&] { return !reported().empty(); }));
  EXPECT_EQ(reported(), written_);
}

TEST_F(OldMaster, AFenceInTheMiddleOfTheRewindFallsBack) {
  WriteAlone(20);
  EngineGroup::Node& old = group_[0];
  const uint64_t end = old.engine->last_index();
  EngineGroup::Node& master = FailOverAndWrite();
  old.on_role = [&] {
    if (old.replicator->status().syncing) group_.network().Freeze("a:1", true);
  };
  group_.Follow(old, master, kSecond);
  ASSERT_TRUE(group_.Eventually([&] { return old.status().syncing; }));
  const FenceReply fenced = group_.Fence(old, Epoch{3, NodeId{9}});
  EXPECT_TRUE(fenced.view.exact);
  EXPECT_TRUE(fenced.view.formed);
  EXPECT_EQ(fenced.view.position, (Position{kFirst, end}));
  EXPECT_EQ(old.engine->Get("lost1")->value, "lost1");
  EXPECT_TRUE(reported().empty());
  group_.network().Freeze("a:1", false);
}

TEST_F(OldMaster, WhatCannotBeRewoundIsHandedBackByAFullSync) {
  WriteAlone(10);
  const int all[] = {0};
  const auto flushed =
      group_[0].engine->Flush(all, SystemClock().Mono() + absl::Seconds(30));
  ASSERT_TRUE(flushed.ok());
  EngineGroup::Node& master = FailOverAndWrite();
  group_.Follow(group_[0], master, kSecond);
  EXPECT_TRUE(group_.AreLevel(group_[0], master));
  EXPECT_TRUE(group_.Eventually([&] { return reported().size() == 11; }));
  EXPECT_EQ(group_[0].status().full_syncs, 1u);
}

TEST_F(OldMasterOfALittleLog, AfterALongTimeAFullSyncHandsItsWritesBack) {
  WriteAlone(20);
  EngineGroup::Node& master = FailOverAndWrite();
  for (int i = 0; i < 3000; ++i)
    master.Set("key" + std::to_string(i), std::string(100, 'v'));
  group_.Follow(group_[0], master, kSecond);
  EXPECT_TRUE(group_.AreLevel(group_[0], master));
  EXPECT_TRUE(group_.Eventually([&] { return !reported().empty(); }));
  EXPECT_EQ(reported(), written_);
  EXPECT_GE(group_[0].status().full_syncs, 1u);
}

TEST(Replicator, ASlowReplicaCostsTheMasterNoMemory) {
  EngineGroup group(LittleLog());
  group.Bootstrap();
  group.network().Freeze("c:1", true);
  uint64_t last = 0;
  size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    last = group[0].Set("key" + std::to_string(i % 100), std::string(999, 'v'));
    most = std::max(most, group[0].engine->status().log_memory_bytes);
  }
  EXPECT_LE(most, 1u << 20) << "of 10 MB";
  EXPECT_TRUE(group[0].AwaitCommit(last, absl::Seconds(30)))
      << "the other replica is enough";
  group.network().Freeze("c:1", false);
  EXPECT_TRUE(group.AreLevel(group[0], group[2]));
}

// Found by review: destroying a link waits for its handler, which waited for
// room in the inbox, which only the thread that destroyed the link could make.
TEST(Replicator, ALinkIsEndedWhileItsDataWaits) {
  GroupOptions options;
  options.replication.message_bytes = 1 << 20;
  EngineGroup group(options);
  group.Bootstrap();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      group[0].Set("key" + std::to_string(i % 8), std::string(300'000, 'v'));
    }
  });
  for (int i = 0; i < 20; ++i) {
    group.network().Cut("a:1", "c:1");
    EXPECT_TRUE(group.Fence(group[2], kFirst).promised) << "it still answers";
  }
  stop = true;
  writer.join();
  EXPECT_TRUE(group.AreLevel(group[0], group[2]));
}

TEST(Replicator,
     ReadersAreRefusedWhileTooManyWaitForAThreadThatHangsOnItsDisk) {
  EngineGroup group;
  group.Bootstrap();
  EngineGroup::Node& node = group[0];
  node.disk->Hang(true);
  // It is to persist the promise.
  node.replicator->Fence({.epoch = kSecond}, [](const FenceReply&) {});
  std::atomic<size_t> refused{0};
  const auto ask = [&] {
    return node.replicator->AskRead(
        MonoTime::InfiniteFuture(), [&](const ReadAnswer& answer) {
          refused += answer.outcome == ReadOutcome::kBusy;
        });
  };
  for (size_t i = 0; i < Inbox::kEventsMax; ++i) ask();
  const size_t before = refused;
  ask();
  EXPECT_EQ(refused, before + 1);
  node.disk->Hang(false);
  group.Close(node);
}

TEST(Replicator, AStoppedNodeTellsWhoAsksThatNobodyIsThere) {
  EngineGroup group;
  group[0].replicator->Stop();
  std::optional<ReadOutcome> told;
  group[0].replicator->AskRead(
      MonoTime::InfiniteFuture(),
      [&](const ReadAnswer& answer) { told = answer.outcome; });
  EXPECT_EQ(told, ReadOutcome::kNoMaster);
}

TEST(Replicator, StopsInTheMiddleOfEverything) {
  for (int round = 0; round < 5; ++round) {
    EngineGroup group(LittleLog());
    group.Bootstrap();
    std::atomic<bool> stop = false;
    std::thread writer([&] {
      for (int i = 0; !stop; ++i) {
        group[0].Set("key" + std::to_string(i), std::string(200, 'v'));
      }
    });
    std::thread trouble([&] {
      for (int i = 0; !stop; ++i) group.network().Cut("a:1", "b:1");
    });
    ASSERT_TRUE(
        group.Eventually([&] { return group[0].engine->last_index() > 500; }));
    for (size_t i : {1, 0, 2}) group[i].replicator->Stop();
    stop = true;
    writer.join();
    trouble.join();
  }
}

}  // namespace
}  // namespace vigil::replication
