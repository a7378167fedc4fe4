// The replica's side: applying a master's records, and a full sync's second data
// set.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

class EngineReplica : public EngineTest {};

TEST_F(EngineReplica, OkMeansAppliedAndPersisted) {
  OpenOnDisk();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 10)).ok());
  EXPECT_EQ(engine_->last_index(), 10u);
  EXPECT_EQ(engine_->persisted_index(), 10u);
  EXPECT_EQ(disk_->Read().present.last_index(), 10u);
  EXPECT_EQ(Get("k10"), "v10");
  EXPECT_TRUE(engine_->Apply("").ok()) << "nothing is not an error";
}

TEST_F(EngineReplica, AppliesWholeBatchesOrNothing) {
  OpenOnDisk();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 2)).ok());
  std::string damaged = SetRecords(3, 5);
  damaged.back() ^= 1;
  const std::string torn = SetRecords(3, 5).substr(0, 40);
  EXPECT_EQ(engine_->Apply(damaged).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(engine_->Apply(torn).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(engine_->Apply(SetRecords(4, 5)).code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(engine_->Apply(SetRecords(2, 5)).code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(engine_->Apply(SetRecords(3, 3) + SetRecords(5, 5)).code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(engine_->last_index(), 2u);
  EXPECT_EQ(disk_->Read().present.last_index(), 2u);
  EXPECT_FALSE(engine_->Exists("k3"));
  EXPECT_TRUE(engine_->health().ok()) << "a bad sender is not a bad disk";
  EXPECT_TRUE(engine_->Apply(SetRecords(3, 5)).ok());
}

TEST_F(EngineReplica, HidesButKeepsWhatIsExpiredUntilToldToDeleteIt) {
  OpenInMemory();
  const WallTime soon{clock_.Wall().ms + 10};
  ASSERT_TRUE(engine_->Apply(SetRecord(1, "k", "v", soon)).ok());
  EXPECT_TRUE(engine_->Exists("k"));
  clock_.Advance(absl::Milliseconds(10));
  EXPECT_FALSE(engine_->Exists("k"));
  EXPECT_EQ(engine_->DeleteExpired(), 0u) << "only the master deletes";
  EXPECT_EQ(engine_->status().keys, 1u);
  ASSERT_TRUE(engine_->Apply(DeleteRecord(2, "k")).ok());
  EXPECT_EQ(engine_->status().keys, 0u);
}

TEST_F(EngineReplica, WithFsyncAlwaysOkMeansDurable) {
  options_.fsync = FsyncPolicy::kAlways;
  OpenOnDisk();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 10)).ok());
  EXPECT_EQ(engine_->durable_index(), 10u);
  PowerCut();
  EXPECT_EQ(engine_->last_index(), 10u);
}

TEST_F(EngineReplica, AFormerMasterAppliesAfterItsOwnRecordsAreOnDisk) {
  OpenOnDisk();
  engine_->OpenGate({});
  for (int i = 0; i < 500; ++i) Set("k" + std::to_string(i), "v");
  const uint64_t last = engine_->CloseGate();
  ASSERT_TRUE(engine_->Apply(SetRecords(last + 1, last + 10)).ok());
  const Content before = ContentOf(*engine_);
  OpenOnDisk();
  EXPECT_EQ(engine_->last_index(), last + 10);
  EXPECT_EQ(ContentOf(*engine_), before);
}

TEST_F(EngineReplica, CheckpointsAsAMasterDoes) {
  OpenOnDisk();
  std::atomic<bool> stop{false};
  std::thread checkpoints([&] {
    while (!stop) ASSERT_TRUE(engine_->Checkpoint().ok());
  });
  for (uint64_t i = 0; i < 300; ++i) {
    ASSERT_TRUE(engine_->Apply(SetRecords(10 * i + 1, 10 * i + 10)).ok());
  }
  stop = true;
  checkpoints.join();
  const Content before = ContentOf(*engine_);
  OpenOnDisk();
  EXPECT_EQ(ContentOf(*engine_), before);
}

// --- Staging

TEST_F(EngineReplica, AStagedDataSetShowsAtItsCommit) {
  OpenOnDisk();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 50)).ok());
  ASSERT_TRUE(engine_->BeginStaging(20).ok());
  ASSERT_TRUE(
      engine_->StageEntries(SetRecord(7, "a", "1") + SetRecord(22, "b", "2"))
          .ok());
  ASSERT_TRUE(engine_
                  ->StageLog(SetRecord(21, "b", "1") + SetRecord(22, "b", "2") +
                             SetRecord(23, "c", "3"))
                  .ok());
  EXPECT_EQ(Get("k50"), "v50") << "the old one until the commit";
  EXPECT_EQ(Get("a"), "(none)");
  EXPECT_EQ(engine_->last_index(), 50u);
  ASSERT_TRUE(engine_->CommitStaging({{"lineage", "new"}}).ok());

  const Content expected = {{"a", "1@7"}, {"b", "2@22"}, {"c", "3@23"}};
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ContentOf(*engine_), expected);
    EXPECT_EQ(engine_->last_index(), 23u);
    EXPECT_EQ(engine_->persisted_index(), 23u);
    EXPECT_EQ(engine_->durable_index(), 23u);
    EXPECT_EQ(engine_->ReadMeta("lineage"), "new");
    EXPECT_EQ(engine_->ReadLog(21, 1000)->last, 23u);
    EXPECT_EQ(engine_->ReadLog(20, 1000).status().code(),
              absl::StatusCode::kOutOfRange);
    PowerCut();
  }
  ASSERT_TRUE(engine_->Apply(SetRecords(24, 30)).ok());
}

TEST_F(EngineReplica, StagingInMemory) {
  OpenInMemory();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 50)).ok());
  ASSERT_TRUE(engine_->BeginStaging(20).ok());
  ASSERT_TRUE(engine_->StageEntries(SetRecord(7, "a", "1")).ok());
  ASSERT_TRUE(engine_->CommitStaging({{"lineage", "new"}}).ok());
  EXPECT_EQ(ContentOf(*engine_), (Content{{"a", "1@7"}}));
  EXPECT_EQ(engine_->last_index(), 20u);
  EXPECT_EQ(engine_->ReadMeta("lineage"), "new");
}

TEST_F(EngineReplica, CrashInTheMiddleOfStagingKeepsTheOldDataSet) {
  OpenOnDisk();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 5)).ok());
  ASSERT_TRUE(engine_->Sync().ok());
  ASSERT_TRUE(engine_->BeginStaging(20).ok());
  ASSERT_TRUE(engine_->StageEntries(SetRecord(7, "a", "1")).ok());
  PowerCut();
  EXPECT_EQ(engine_->last_index(), 5u);
  EXPECT_EQ(Get("a"), "(none)");
  EXPECT_EQ(engine_->CommitStaging({}).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(EngineReplica, DroppedStagingIsGone) {
  OpenOnDisk();
  ASSERT_TRUE(engine_->BeginStaging(20).ok());
  ASSERT_TRUE(engine_->StageEntries(SetRecord(7, "a", "1")).ok());
  engine_->DropStaging();
  engine_->DropStaging();
  EXPECT_EQ(engine_->StageEntries(SetRecord(7, "a", "1")).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(disk_->Read().staged == std::nullopt);
}

TEST_F(EngineReplica, StagingRefusesWhatIsNotRecords) {
  OpenOnDisk();
  ASSERT_TRUE(engine_->BeginStaging(20).ok());
  EXPECT_EQ(engine_->StageEntries("garbage that is no record").code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(engine_->StageEntries(DeleteRecord(7, "a")).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(engine_->StageLog(SetRecords(22, 23)).code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(engine_->health().ok());
  EXPECT_TRUE(engine_->StageLog(SetRecords(21, 23)).ok());
}

// The walk read the key before the record that deletes it, and brings it after.
TEST_F(EngineReplica, AnEntryDoesNotComeBackAfterTheRecordThatDeletesIt) {
  OpenOnDisk();
  ASSERT_TRUE(engine_->BeginStaging(20).ok());
  ASSERT_TRUE(
      engine_->StageLog(DeleteRecord(21, "gone") + SetRecord(22, "new", "2"))
          .ok());
  ASSERT_TRUE(
      engine_
          ->StageEntries(SetRecord(5, "gone", "old") + SetRecord(6, "new", "1"))
          .ok());
  ASSERT_TRUE(engine_->CommitStaging({}).ok());
  EXPECT_EQ(ContentOf(*engine_), (Content{{"new", "2@22"}}));
  ASSERT_TRUE(engine_->Checkpoint().ok());
  EXPECT_EQ(disk_->Read().present.FindState(0, "gone"), nullptr);
  OpenOnDisk();
  EXPECT_EQ(ContentOf(*engine_), (Content{{"new", "2@22"}}));
}

TEST_F(EngineReplica, ReadersSeeTheOldOrTheNewDataSetNeverNeither) {
  OpenInMemory();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 100)).ok());
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    for (uint64_t i = 0; !stop; ++i) {
      ASSERT_TRUE(engine_->Exists("k" + std::to_string(i % 100 + 1)));
    }
  });
  for (int round = 0; round < 200; ++round) {
    ASSERT_TRUE(engine_->BeginStaging(100).ok());
    ASSERT_TRUE(engine_->StageEntries(SetRecords(1, 100)).ok());
    ASSERT_TRUE(engine_->CommitStaging({}).ok());
  }
  stop = true;
  reader.join();
}

}  // namespace
}  // namespace vigil::engine
