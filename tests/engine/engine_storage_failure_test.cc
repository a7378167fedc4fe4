// A disk that fails: the engine says so, claims nothing it cannot know, and goes
// on reading.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

using ::testing::HasSubstr;

class EngineStorageFailure : public EngineTest {
 protected:
  void SetUp() override {
    OpenOnDisk();
    engine_->OpenGate({});
    Set("before", "v");
    ASSERT_TRUE(engine_->Sync().ok());
  }

  void ExpectFailed() {
    EXPECT_EQ(engine_->health().code(), absl::StatusCode::kInternal);
    EXPECT_THAT(engine_->health().message(), HasSubstr("EIO"));
    EXPECT_EQ(engine_->status().health, engine_->health());
    EXPECT_EQ(engine_->Set("k", "v", {}, kForever).status(), engine_->health());
    EXPECT_EQ(engine_->Delete("before", kForever).status(), engine_->health());
    EXPECT_EQ(Get("before"), "v");
  }
};

TEST_F(EngineStorageFailure, FailedWriteIsFinal) {
  disk_->FailWrites(absl::InternalError("EIO"));
  const uint64_t index = Set("lost", "v");
  AwaitPersisted(index);
  EXPECT_EQ(engine_->persisted_index(), 1u);
  EXPECT_EQ(engine_->durable_index(), 1u);
  disk_->FailWrites(absl::OkStatus());
  ExpectFailed();
  EXPECT_EQ(engine_->Sync(), engine_->health());
}

TEST_F(EngineStorageFailure, FailedSyncIsFinal) {
  disk_->FailSyncs(absl::InternalError("EIO"));
  const uint64_t index = Set("not durable", "v");
  EXPECT_EQ(engine_->Sync().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(engine_->durable_index(), index - 1);
  disk_->FailSyncs(absl::OkStatus());
  ExpectFailed();
  EXPECT_EQ(engine_->Sync(), engine_->health())
      << "a failed fsync is not retried";
  EXPECT_EQ(engine_->durable_index(), index - 1);
}

TEST_F(EngineStorageFailure, ARequestedSyncThatFailsWakesTheWaiter) {
  disk_->FailSyncs(absl::InternalError("EIO"));
  const uint64_t index = Set("k", "v");
  engine_->RequestSync(index);
  for (;;) {
    const uint64_t seen = engine_->persisted().Seen();
    if (!engine_->health().ok()) break;
    engine_->persisted().WaitPast(seen, kForever);
  }
  EXPECT_LT(engine_->durable_index(), index);
  ExpectFailed();
}

TEST_F(EngineStorageFailure, WritersThatWaitForRoomAreWoken) {
  options_.log_memory_bytes = 64 << 10;
  OpenOnDisk();
  engine_->OpenGate({});
  disk_->Hang(true);
  while (engine_->Set("k", std::string(1000, 'v'), {}, kAtOnce).ok()) {
  }
  absl::Status refused;
  std::thread writer(
      [&] { refused = engine_->Set("k", "v", {}, kForever).status(); });
  disk_->FailWrites(absl::InternalError("EIO"));
  disk_->Hang(false);
  writer.join();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInternal);
}

TEST_F(EngineStorageFailure, MetaThatIsNotWrittenIsNotRead) {
  ASSERT_TRUE(engine_->WriteMeta("vote", "1").ok());
  disk_->FailWrites(absl::InternalError("EIO"));
  EXPECT_EQ(engine_->WriteMeta("vote", "2").code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(engine_->ReadMeta("vote"), "1");
  ExpectFailed();
}

TEST_F(EngineStorageFailure, FailedCheckpointIsReported) {
  Set("k", "v");
  AwaitPersisted(2);
  disk_->FailWrites(absl::InternalError("EIO"));
  EXPECT_FALSE(engine_->Checkpoint().ok());
  ExpectFailed();
  disk_->FailWrites(absl::OkStatus());
  OpenOnDisk();
  EXPECT_EQ(Get("k"), "v");
}

TEST_F(EngineStorageFailure, AReplicaAppliesNothingThatItsDiskDidNotTake) {
  engine_->CloseGate();
  disk_->FailWrites(absl::InternalError("EIO"));
  EXPECT_EQ(engine_->Apply(SetRecords(2, 3)).code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(engine_->last_index(), 1u);
  EXPECT_FALSE(engine_->Exists("k2"));
  EXPECT_FALSE(engine_->health().ok());
}

TEST_F(EngineStorageFailure, AFailedCommitOfAFullSyncKeepsTheOldDataSet) {
  engine_->CloseGate();
  ASSERT_TRUE(engine_->BeginStaging(20).ok());
  ASSERT_TRUE(engine_->StageEntries(SetRecord(7, "a", "1")).ok());
  disk_->FailWrites(absl::InternalError("EIO"));
  EXPECT_EQ(engine_->CommitStaging({{"lineage", "l"}}).code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(Get("before"), "v");
  EXPECT_EQ(engine_->last_index(), 1u);
  EXPECT_EQ(engine_->ReadMeta("lineage"), "");
  EXPECT_FALSE(engine_->health().ok());
}

TEST_F(EngineStorageFailure, AFailedStagingWriteIsReported) {
  engine_->CloseGate();
  ASSERT_TRUE(engine_->BeginStaging(20).ok());
  disk_->FailWrites(absl::InternalError("EIO"));
  EXPECT_EQ(engine_->StageEntries(SetRecord(7, "a", "1")).code(),
            absl::StatusCode::kInternal);
  EXPECT_FALSE(engine_->health().ok());
}

// --- OnStorageFailure::kGoOnInMemory

class EngineGoesOnInMemory : public EngineTest {
 protected:
  void SetUp() override {
    options_.on_storage_failure = OnStorageFailure::kGoOnInMemory;
    options_.log_memory_bytes = 64 << 10;
    OpenOnDisk();
    engine_->OpenGate({});
    Set("before", "v");
    ASSERT_TRUE(engine_->Sync().ok());
    disk_->FailWrites(absl::InternalError("EIO"));
    const uint64_t index = Set("first", "v");
    while (engine_->status().health.ok()) {
      const uint64_t seen = engine_->persisted().Seen();
      if (engine_->status().health.ok())
        engine_->persisted().WaitPast(seen, kForever);
    }
    EXPECT_EQ(engine_->persisted_index(), index - 1);
  }
};

TEST_F(EngineGoesOnInMemory, WritesAreTakenAndTheFailureIsSeen) {
  EXPECT_TRUE(engine_->health().ok()) << "writes are not refused";
  EXPECT_EQ(engine_->status().health.code(), absl::StatusCode::kInternal);
  const uint64_t index = Set("after", "v");
  EXPECT_EQ(Get("after"), "v");
  EXPECT_EQ(Get("before"), "v");
  EXPECT_LT(engine_->persisted_index(), index) << "nothing is claimed";
  EXPECT_LT(engine_->durable_index(), index);
  EXPECT_FALSE(engine_->Sync().ok());
  EXPECT_FALSE(engine_->Checkpoint().ok());
}

// The log would fill up if it waited for the disk.
TEST_F(EngineGoesOnInMemory, MemoryIsBoundedAndNobodyWaits) {
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(engine_->Set("k", std::string(1000, 'v'), {}, kAtOnce).ok());
  EXPECT_LT(engine_->status().log_memory_bytes, size_t{2} << 20);
  Set("short", "v", {clock_.Wall().ms + 10});
  clock_.Advance(absl::Milliseconds(10));
  EXPECT_EQ(engine_->DeleteExpired(), 1u);
}

TEST_F(EngineGoesOnInMemory, WhatWasWrittenSinceIsGoneAfterARestart) {
  Set("after", "v");
  disk_->FailWrites(absl::OkStatus());
  OpenOnDisk();
  EXPECT_EQ(Get("before"), "v");
  EXPECT_EQ(Get("first"), "(none)");
  EXPECT_EQ(Get("after"), "(none)");
  EXPECT_TRUE(engine_->status().health.ok());
}

}  // namespace
}  // namespace vigil::engine
