#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/engine/engine_fixture.h"
#include "tests/engine/records.h"

namespace vigil::engine {
namespace {

using ::testing::HasSubstr;

TEST_F(EngineTest, AFreshOneIsEmptyAndClosed) {
  OpenInMemory();
  EXPECT_TRUE(engine_->memory_only());
  EXPECT_EQ(engine_->last_index(), 0u);
  EXPECT_EQ(engine_->Set("k", "v", {}, kForever).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(engine_->Delete("k", kForever).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(engine_->Get("k").has_value());
}

TEST_F(EngineTest, SetsGetsAndDeletes) {
  OpenInMemory();
  engine_->OpenGate({});
  EXPECT_EQ(Set("a", "1"), 1u);
  EXPECT_EQ(Set("a", "2"), 2u);
  EXPECT_EQ(engine_->Get("a")->value, "2");
  EXPECT_EQ(engine_->Get("a")->version, 2u);
  EXPECT_TRUE(engine_->Exists("a"));
  EXPECT_EQ(engine_->Delete("a", kForever)->index, 3u);
  EXPECT_FALSE(engine_->Exists("a"));
  EXPECT_EQ(engine_->Delete("a", kForever)->index, 0u) << "nothing to delete";
  EXPECT_EQ(engine_->last_index(), 3u);
}

TEST_F(EngineTest, NamesTheLimitThatAKeyOrValueBreaks) {
  options_.key_bytes_max = 10;
  options_.value_bytes_max = 20;
  OpenInMemory();
  engine_->OpenGate({});
  const std::string long_key(11, 'k');
  for (const absl::Status& s :
       {engine_->Set("", "v", {}, kForever).status(),
        engine_->Set(long_key, "v", {}, kForever).status(),
        engine_->Set("k", std::string(21, 'v'), {}, kForever).status(),
        engine_->Delete("", kForever).status(),
        engine_->Delete(long_key, kForever).status()}) {
    EXPECT_EQ(s.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(engine_->Set(long_key, "v", {}, kForever).status().message(),
              HasSubstr("11 bytes; key_bytes_max is 10"));
  EXPECT_THAT(
      engine_->Set("k", std::string(21, 'v'), {}, kForever).status().message(),
      HasSubstr("21 bytes; value_bytes_max is 20"));
  EXPECT_EQ(engine_->last_index(), 0u);
  EXPECT_EQ(Set(std::string(10, 'k'), std::string(20, 'v')), 1u);
}

TEST_F(EngineTest, KeysAndValuesAreAnyBytes) {
  OpenInMemory();
  engine_->OpenGate({});
  const std::string key("\0\xff k", 4);
  Set(key, std::string("\0", 1));
  EXPECT_EQ(engine_->Get(key)->value, std::string("\0", 1));
  EXPECT_FALSE(engine_->Get(std::string("\0\xff", 2)).has_value());
}

TEST_F(EngineTest, InMemoryEverythingIsPersistedAndDurableAtOnce) {
  OpenInMemory();
  engine_->OpenGate({});
  Set("a", "1");
  EXPECT_EQ(engine_->persisted_index(), 1u);
  EXPECT_EQ(engine_->durable_index(), 1u);
}

TEST_F(EngineTest, InMemoryAWriteWakesNobodyWhoDidNotAskForIt) {
  OpenInMemory();
  engine_->OpenGate({});
  uint64_t seen = engine_->persisted().Seen();
  Set("a", "1");
  EXPECT_FALSE(engine_->persisted().WaitPast(seen, kAtOnce));
  engine_->WakeWithNext(true);
  Set("a", "2");
  EXPECT_TRUE(engine_->persisted().WaitPast(seen, kAtOnce));
  engine_->WakeWithNext(false);
  seen = engine_->persisted().Seen();
  Set("a", "3");
  engine_->HurryPersisted();
  EXPECT_TRUE(engine_->persisted().WaitPast(seen, kAtOnce));
}

TEST_F(EngineTest, ReadsItsLogAndSaysWhereItEnds) {
  OpenInMemory();
  engine_->OpenGate({{RecordType::kEpoch, "e"}});
  Set("a", "1");
  const auto slice = engine_->ReadLog(1, 1 << 20);
  ASSERT_TRUE(slice.ok());
  EXPECT_EQ(slice->last, 2u);
  const auto run = DecodeRun(slice->records, 1);
  ASSERT_EQ(run->size(), 2u);
  EXPECT_EQ((*run)[0].record.type, RecordType::kEpoch);
  EXPECT_EQ((*run)[0].record.value, "e");
  EXPECT_EQ((*run)[1].record.key, "a");
  EXPECT_EQ(engine_->ReadLog(3, 100)->first, 0u) << "not written yet";
  EXPECT_EQ(engine_->ReadLog(0, 100).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_F(EngineTest, InMemoryTheLogIsBoundedAndItsBeginningGoes) {
  options_.log_memory_bytes = 1 << 20;
  OpenInMemory();
  engine_->OpenGate({});
  for (int i = 0; i < 3000; ++i) Set("k", std::string(1000, 'v'));
  const EngineStatus status = engine_->status();
  EXPECT_LE(status.log_memory_bytes, options_.log_memory_bytes);
  EXPECT_GT(status.log_first_index, 1u);
  EXPECT_EQ(engine_->ReadLog(1, 100).status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(engine_->ReadLog(status.log_first_index, 100).ok());
}

TEST_F(EngineTest, OnDiskTheLogReachesFurtherBackThanMemory) {
  options_.log_memory_bytes = 1 << 20;
  OpenOnDisk();
  engine_->OpenGate({});
  for (int i = 0; i < 3000; ++i) Set("k", std::string(1000, 'v'));
  AwaitPersisted(3000);
  EXPECT_GT(engine_->status().log_first_index, 1u);
  uint64_t next = 1;
  while (next <= 3000) {
    const auto slice = engine_->ReadLog(next, 100'000);
    ASSERT_TRUE(slice.ok()) << slice.status();
    ASSERT_EQ(slice->first, next);
    next = slice->last + 1;
  }
}

TEST_F(EngineTest, ComesBackWithItsDataLogAndMeta) {
  OpenOnDisk();
  engine_->OpenGate({{RecordType::kEpoch, "e"}});
  Set("a", "1");
  Set("b", "2", {clock_.Wall().ms + 1000});
  ASSERT_TRUE(engine_->Checkpoint().ok());
  Set("c", "3");
  engine_->Delete("a", kForever).IgnoreError();
  ASSERT_TRUE(engine_->WriteMeta("identity", "me").ok());
  const Content before = ContentOf(*engine_);
  OpenOnDisk();
  EXPECT_EQ(ContentOf(*engine_), before);
  EXPECT_EQ(engine_->last_index(), 5u);
  EXPECT_EQ(engine_->persisted_index(), 5u);
  EXPECT_EQ(engine_->durable_index(), 5u);
  EXPECT_EQ(engine_->status().checkpoint_index, 3u);
  EXPECT_EQ(engine_->ReadMeta("identity"), "me");
  EXPECT_EQ(engine_->ReadMeta("other"), "");
  EXPECT_EQ(engine_->status().log_first_index, 4u)
      << "what was replayed is in memory";
  EXPECT_TRUE(engine_->ReadLog(1, 100).ok()) << "and the rest on disk";
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(engine_->Exists("b")) << "its expiry came back, too";
  EXPECT_EQ(engine_->Set("x", "x", {}, kForever).status().code(),
            absl::StatusCode::kFailedPrecondition)
      << "and its gate is closed";
}

TEST_F(EngineTest, ReplayedKeysAreInTheNextCheckpoint) {
  OpenOnDisk();
  engine_->OpenGate({});
  Set("a", "1");
  OpenOnDisk();
  ASSERT_TRUE(engine_->Checkpoint().ok());
  EXPECT_NE(disk_->Read().present.FindState(0, "a"), nullptr);
  EXPECT_EQ(disk_->Read().present.checkpoint, 1u);
}

TEST_F(EngineTest, ACheckpointWritesAHotKeyOnce) {
  OpenOnDisk();
  engine_->OpenGate({});
  for (int i = 0; i < 1000; ++i) Set("hot", std::to_string(i));
  Set("deleted", "v");
  ASSERT_TRUE(engine_->Checkpoint().ok());
  engine_->Delete("deleted", kForever).IgnoreError();
  ASSERT_TRUE(engine_->Checkpoint().ok());
  const MemoryGeneration present = disk_->Read().present;
  ASSERT_EQ(present.state.size(), 1u);
  EXPECT_EQ(*present.FindState(0, "hot"), SetRecord(1000, "hot", "999"));
}

TEST_F(EngineTest, SyncMakesEverythingDurable) {
  OpenOnDisk();
  engine_->OpenGate({});
  Set("a", "1");
  ASSERT_TRUE(engine_->Sync().ok());
  EXPECT_EQ(engine_->durable_index(), 1u);
  Set("b", "2");
  PowerCut();
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(EngineTest, ARequestedSyncMovesDurable) {
  OpenOnDisk();
  engine_->OpenGate({});
  const uint64_t index = Set("a", "1");
  engine_->RequestSync(index);
  while (engine_->durable_index() < index) {
    const uint64_t seen = engine_->persisted().Seen();
    if (engine_->durable_index() >= index) break;
    engine_->persisted().WaitPast(seen, kForever);
  }
  PowerCut();
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(EngineTest, WithFsyncAlwaysEveryWriteBecomesDurableUnasked) {
  options_.fsync = FsyncPolicy::kAlways;
  OpenOnDisk();
  engine_->OpenGate({});
  for (int i = 0; i < 100; ++i) Set("a", std::to_string(i));
  while (engine_->durable_index() < 100) {
    const uint64_t seen = engine_->persisted().Seen();
    if (engine_->durable_index() >= 100) break;
    engine_->persisted().WaitPast(seen, kForever);
  }
  PowerCut();
  EXPECT_EQ(Get("a"), "99");
}

TEST_F(EngineTest, ACleanCloseLosesNothing) {
  OpenOnDisk();
  engine_->OpenGate({});
  for (int i = 0; i < 1000; ++i) Set("k" + std::to_string(i), "v");
  engine_.reset();
  disk_->PowerCut(0);
  OpenOnDisk();
  EXPECT_EQ(engine_->last_index(), 1000u);
  EXPECT_EQ(engine_->status().keys, 1000u);
}

TEST_F(EngineTest, MetaIsDurableAndTakesTheLogAlong) {
  OpenOnDisk();
  engine_->OpenGate({});
  Set("a", "1");
  AwaitPersisted(1);
  ASSERT_TRUE(engine_->WriteMeta("vote", "7").ok());
  EXPECT_EQ(engine_->durable_index(), 1u);
  PowerCut();
  EXPECT_EQ(engine_->ReadMeta("vote"), "7");
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(EngineTest, MetaInMemory) {
  OpenInMemory();
  ASSERT_TRUE(engine_->WriteMeta("vote", "7").ok());
  EXPECT_EQ(engine_->ReadMeta("vote"), "7");
}

// The promise that makes a full sync exact: every key that is there all the time
// is in the walk, and the walk plus the log after its begin is the data set.
TEST_F(EngineTest, AWalkUnderWritesPlusTheLogIsExact) {
  options_.log_memory_bytes = 256 << 20;
  OpenInMemory();
  engine_->OpenGate({});
  for (int i = 0; i < 2000; ++i) Set("k" + std::to_string(i), "v");
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string key = "k" + std::to_string(i % 3000);
      if (i % 7 == 0) {
        engine_->Delete(key, kForever).IgnoreError();
      } else {
        engine_->Set(key, std::to_string(i), {}, kForever).IgnoreError();
      }
    }
  });
  const auto walk = engine_->Walk();
  Content content;
  for (std::string part = walk->Next(1000); !part.empty();
       part = walk->Next(1000)) {
    EXPECT_LT(part.size(), 2000u);
    Replay(part, content);
  }
  stop = true;
  writer.join();
  uint64_t next = walk->begin_index() + 1;
  while (next <= engine_->last_index()) {
    const auto slice = engine_->ReadLog(next, 1 << 20);
    ASSERT_TRUE(slice.ok());
    Replay(slice->records, content);
    next = slice->last + 1;
  }
  EXPECT_EQ(content, ContentOf(*engine_));
}

TEST_F(EngineTest, CheckpointsUnderWritesAreExact) {
  OpenOnDisk();
  engine_->OpenGate({});
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string key = "k" + std::to_string(i % 500);
      if (i % 5 == 0) {
        engine_->Delete(key, kForever).IgnoreError();
      } else {
        engine_->Set(key, std::to_string(i), {}, kForever).IgnoreError();
      }
    }
  });
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(engine_->Checkpoint().ok());
  stop = true;
  writer.join();
  const Content before = ContentOf(*engine_);
  OpenOnDisk();
  EXPECT_EQ(ContentOf(*engine_), before);
}

// A key whose old row is to go from the disk comes back before the checkpoint looks,
// and is deleted again before it is written.
TEST_F(EngineTest, ADeletionInTheMiddleOfACheckpointIsNotForgotten) {
  options_.shards = 1;
  OpenOnDisk();
  engine_->OpenGate({});
  constexpr int kKeys = 3000;
  const auto key = [](int i) { return "k" + std::to_string(i); };
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < kKeys; ++i) Set(key(i), "old");
    ASSERT_TRUE(engine_->Checkpoint().ok());
    for (int i = 0; i < kKeys; ++i) {
      ASSERT_TRUE(engine_->Delete(key(i), kForever).ok());
      Set(key(i), "back");
    }
    std::thread checkpoint([&] { ASSERT_TRUE(engine_->Checkpoint().ok()); });
    for (int i = 0; i < kKeys; ++i)
      ASSERT_TRUE(engine_->Delete(key(i), kForever).ok());
    checkpoint.join();
    ASSERT_TRUE(engine_->Checkpoint().ok());
    EXPECT_EQ(disk_->Read().present.state.size(), 0u);
  }
}

TEST_F(EngineTest, WithoutBackgroundEverythingIsDoneByTheCaller) {
  options_.background = false;
  options_.fsync = FsyncPolicy::kAlways;
  OpenOnDisk();
  engine_->OpenGate({});
  Set("k", "1");
  EXPECT_EQ(engine_->persisted_index(), 0u);
  ASSERT_TRUE(engine_->Persist().ok());
  EXPECT_EQ(engine_->persisted_index(), 1u);
  EXPECT_EQ(engine_->durable_index(), 0u);
  ASSERT_TRUE(engine_->Sync().ok());
  EXPECT_EQ(engine_->durable_index(), 1u);
  // These would wait for threads that are not there.
  Set("k", "2");
  ASSERT_TRUE(engine_->Checkpoint().ok());
  EXPECT_EQ(engine_->persisted_index(), 2u);
  Set("k", "3");
  engine_->CloseGate();
  ASSERT_TRUE(engine_->Apply(SetRecords(4, 4)).ok());
  EXPECT_EQ(engine_->persisted_index(), 4u);
}

}  // namespace
}  // namespace vigil::engine
