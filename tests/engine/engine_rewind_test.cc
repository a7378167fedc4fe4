// Rewinding: a tail is replaced by what another engine, the master, has. Long random
// runs of it are in model_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/rewind.h"
#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

constexpr size_t kRoom = 1 << 20;

std::string FlushRecord(uint64_t index) {
  std::string effects;
  AppendEffect(
      {.type = RecordType::kSet, .key = FlushKey(0), .database = kOwnDatabase},
      effects);
  return Encoded(
      {.type = RecordType::kBatch, .index = index, .value = effects});
}

// Ten common records; then the old master goes on alone, and so does the new one.
class EngineRewind : public EngineTest {
 protected:
  void SetUp() override {
    OpenOnDisk();
    master_ = *Engine::Open(options_, nullptr, clock_, nullptr);
    for (Engine* engine : {engine_.get(), master_.get()})
      ASSERT_TRUE(engine->Apply(SetRecords(1, 10)).ok());
  }

  // The whole of a rewind but for its end.
  void Stage() {
    const auto keys = engine_->BeginRewind(10, 100);
    ASSERT_TRUE(keys.ok()) << keys.status();
    for (const std::string& piece : *keys) {
      const absl::Status found =
          master_->LookUp(piece, 100, [&](const std::string& records) {
            return engine_->StageEntries(records).ok();
          });
      ASSERT_TRUE(found.ok()) << found;
    }
    const auto log = master_->ReadLog(11, kRoom);
    ASSERT_TRUE(log.ok() && engine_->StageLog(log->records).ok());
  }

  void ExpectLikeMaster() {
    EXPECT_EQ(engine_->last_index(), master_->last_index());
    EXPECT_EQ(ContentOf(*engine_), ContentOf(*master_));
  }

  std::unique_ptr<Engine> master_;
};

TEST_F(EngineRewind, ReplacesWhatTheTailTouchedAndGoesOn) {
  ASSERT_TRUE(engine_
                  ->Apply(SetRecord(11, "k1", "dropped") +
                          DeleteRecord(12, "k2") + SetRecord(13, "mine", "v") +
                          SetRecord(14, "k3", "dropped"))
                  .ok());
  ASSERT_TRUE(master_
                  ->Apply(SetRecord(11, "k3", "theirs") +
                          DeleteRecord(12, "k4") + SetRecord(13, "new", "v"))
                  .ok());
  ASSERT_TRUE(engine_->Checkpoint().ok());
  Stage();
  EXPECT_EQ(Get("k1"), "dropped") << "until the switch";
  ASSERT_TRUE(engine_->CommitStaging({{"member", "m"}}).ok());
  ExpectLikeMaster();
  EXPECT_EQ(Get("k1"), "v1");
  EXPECT_EQ(Get("k2"), "v2");
  EXPECT_EQ(Get("mine"), "(none)");
  EXPECT_EQ(Get("k3"), "theirs");
  EXPECT_EQ(engine_->durable_index(), 13u);
  EXPECT_EQ(engine_->ReadLog(1, kRoom)->records,
            master_->ReadLog(1, kRoom)->records);
  PowerCut();
  ExpectLikeMaster();
  EXPECT_EQ(engine_->ReadMeta("member"), "m");
  // And the next checkpoint, and the next start.
  ASSERT_TRUE(engine_->Apply(SetRecords(14, 20)).ok());
  ASSERT_TRUE(master_->Apply(SetRecords(14, 20)).ok());
  ASSERT_TRUE(engine_->Checkpoint().ok());
  OpenOnDisk();
  ExpectLikeMaster();
}

TEST_F(EngineRewind, APowerCutBeforeTheSwitchLeavesTheOldTail) {
  ASSERT_TRUE(engine_->Apply(SetRecord(11, "k1", "dropped")).ok());
  ASSERT_TRUE(master_->Apply(SetRecord(11, "k1", "theirs")).ok());
  ASSERT_TRUE(engine_->Sync().ok());
  Stage();
  PowerCut();
  EXPECT_EQ(Get("k1"), "dropped");
  EXPECT_EQ(engine_->last_index(), 11u);
}

TEST_F(EngineRewind, ASwitchThatTheDiskRefusesChangesNothing) {
  ASSERT_TRUE(engine_->Apply(SetRecord(11, "k1", "dropped")).ok());
  ASSERT_TRUE(master_->Apply(SetRecord(11, "k1", "theirs")).ok());
  Stage();
  disk_->FailWrites(absl::InternalError("full"));
  EXPECT_FALSE(engine_->CommitStaging({}).ok());
  EXPECT_EQ(Get("k1"), "dropped");
  EXPECT_FALSE(engine_->health().ok());
}

TEST_F(EngineRewind, ATailOfNothingButMarkersAsksForNoKey) {
  ASSERT_TRUE(engine_
                  ->Apply(Encoded(
                      {.type = RecordType::kEpoch, .index = 11, .value = "2"}))
                  .ok());
  ASSERT_TRUE(master_->Apply(SetRecords(11, 12)).ok());
  EXPECT_EQ(*engine_->BeginRewind(10, 100), std::vector<std::string>{""});
  Stage();
  ASSERT_TRUE(engine_->CommitStaging({}).ok());
  ExpectLikeMaster();
}

TEST_F(EngineRewind, WithoutADiskToo) {
  OpenInMemory();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 10)).ok());
  ASSERT_TRUE(engine_->Apply(SetRecord(11, "k1", "dropped")).ok());
  ASSERT_TRUE(master_->Apply(SetRecords(11, 12)).ok());
  Stage();
  ASSERT_TRUE(engine_->CommitStaging({}).ok());
  ExpectLikeMaster();
  EXPECT_EQ(engine_->ReadLog(1, kRoom)->last, 12u)
      << "it can go on feeding others";
}

TEST_F(EngineRewind, LargeValuesAndExpiryComeAsTheyAre) {
  const std::string large(100'000, 'x');
  const WallTime soon{clock_.Wall().ms + 10};
  ASSERT_TRUE(engine_
                  ->Apply(SetRecord(11, "k1", "dropped") +
                          SetRecord(12, "k2", "dropped"))
                  .ok());
  ASSERT_TRUE(master_
                  ->Apply(SetRecord(11, "k1", large) +
                          SetRecord(12, "k2", "brief", soon))
                  .ok());
  clock_.Advance(absl::Milliseconds(20));
  Stage();
  ASSERT_TRUE(engine_->CommitStaging({}).ok());
  ExpectLikeMaster();
  EXPECT_EQ(Get("k1"), large);
  EXPECT_EQ(engine_->status().keys, 10u) << "k2 is expired, and there";
}

TEST_F(EngineRewind, WhatTouchesMoreThanKeysIsLeftToAFullSync) {
  ASSERT_TRUE(engine_->Apply(FlushRecord(11)).ok());
  EXPECT_TRUE(absl::IsUnimplemented(engine_->BeginRewind(10, 100).status()));
}

TEST_F(EngineRewind, RefusesWhatItDidNotAskFor) {
  ASSERT_TRUE(engine_->Apply(SetRecord(11, "k1", "dropped")).ok());
  ASSERT_TRUE(engine_->BeginRewind(10, 100).ok());
  EXPECT_TRUE(absl::IsDataLoss(engine_->StageEntries(SetRecords(2, 2))));
  EXPECT_TRUE(absl::IsDataLoss(engine_->StageEntries(DeleteRecord(2, "k1"))));
  EXPECT_TRUE(absl::IsDataLoss(engine_->StageEntries("rubbish")));
  EXPECT_TRUE(absl::IsOutOfRange(engine_->StageLog(SetRecords(12, 12))));
  const auto never = [](const std::string&) { return true; };
  EXPECT_TRUE(absl::IsDataLoss(master_->LookUp(SetRecords(1, 1), 1, never)));
  EXPECT_TRUE(absl::IsDataLoss(master_->LookUp("rubbish", 1, never)));
  engine_->DropStaging();
  EXPECT_TRUE(engine_->health().ok());
  EXPECT_EQ(Get("k1"), "dropped");
}

TEST(Rewind, IsBounded) {
  Rewind keys(10, 100);
  EXPECT_TRUE(keys.AddTail(SetRecords(11, 11)).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(keys.AddTail(SetRecords(12, 12))));

  Rewind log(10, 300);
  ASSERT_TRUE(log.AddTail(SetRecord(11, "k", "v")).ok());
  EXPECT_TRUE(log.AddLog(SetRecords(11, 13)).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(log.AddLog(SetRecords(14, 30))));
  EXPECT_EQ(log.last_index(), 13u);
  EXPECT_TRUE(absl::IsResourceExhausted(
      log.AddEntries(SetRecord(5, "k", std::string(300, 'v'))).status()));
}

// Found by the simulation, whose runs differed from process to process: the keys came in
// the order of a hash table, which is another one in each.
TEST(Rewind, AsksInTheOrderOfTheKeys) {
  Rewind rewind(0, kRoom);
  std::string tail;
  for (uint64_t i = 1; i <= 100; ++i)
    tail += SetRecord(i, "k" + std::to_string(1000 - i * 7), "v");
  ASSERT_TRUE(rewind.AddTail(tail).ok());
  std::vector<std::string> keys;
  for (const std::string& piece : rewind.Keys(200)) {
    const auto decoded = DecodeRecords(piece);
    ASSERT_TRUE(decoded.ok());
    for (const auto& each : *decoded) keys.emplace_back(each.record.key);
  }
  EXPECT_EQ(keys.size(), 100u);
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(Rewind, AsksForEachKeyOnceInPieces) {
  Rewind rewind(10, kRoom);
  std::string tail;
  for (uint64_t i = 0; i < 100; ++i)
    tail += SetRecord(11 + i, "k" + std::to_string(i % 20), "v");
  ASSERT_TRUE(rewind.AddTail(tail).ok());
  const std::vector<std::string> pieces = rewind.Keys(60);
  EXPECT_GT(pieces.size(), 3u);
  size_t keys = 0;
  for (const std::string& piece : pieces) keys += DecodeRecords(piece)->size();
  EXPECT_EQ(keys, 20u);
}

}  // namespace
}  // namespace vigil::engine
