#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

class EngineExpiry : public EngineTest {
 protected:
  void SetUp() override {
    OpenInMemory();
    engine_->OpenGate({});
  }
  WallTime In(absl::Duration d) const {
    return {clock_.Wall().ms + absl::ToInt64Milliseconds(d)};
  }
};

TEST_F(EngineExpiry, AKeyIsThereUntilItsTimeAndNotAMillisecondLonger) {
  Set("k", "v", In(absl::Milliseconds(100)));
  clock_.Advance(absl::Milliseconds(99));
  EXPECT_TRUE(engine_->Exists("k"));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_FALSE(engine_->Exists("k"));
  EXPECT_EQ(Get("k"), "(none)");
  EXPECT_TRUE(ContentOf(*engine_).empty());
  EXPECT_EQ(engine_->Delete("k", kForever)->index, 0u);
}

TEST_F(EngineExpiry, TheMasterDeletesByRecord) {
  Set("k", "v", In(absl::Milliseconds(100)));
  Set("stays", "v");
  EXPECT_EQ(engine_->DeleteExpired(), 0u);
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(engine_->DeleteExpired(), 1u);
  EXPECT_EQ(engine_->DeleteExpired(), 0u);
  EXPECT_EQ(engine_->last_index(), 3u);
  EXPECT_EQ(engine_->ReadLog(3, 100)->records, ExpiryRecord(3, "k"));
  EXPECT_EQ(engine_->status().expired_keys, 1u);
  EXPECT_EQ(engine_->status().keys, 1u);
}

TEST_F(EngineExpiry, NothingIsDeletedWhileTheGateIsClosed) {
  Set("k", "v", In(absl::Milliseconds(100)));
  engine_->CloseGate();
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(engine_->DeleteExpired(), 0u);
  EXPECT_EQ(engine_->last_index(), 1u);
}

TEST_F(EngineExpiry, ManyKeysGoInOneRound) {
  for (int i = 0; i < 1000; ++i) {
    Set("k" + std::to_string(i), "v", In(absl::Milliseconds(i)));
  }
  clock_.Advance(absl::Milliseconds(499));
  EXPECT_EQ(engine_->DeleteExpired(), 500u);
  EXPECT_EQ(engine_->status().keys, 500u);
}

TEST_F(EngineExpiry, OverwritingTakesTheExpiryAway) {
  Set("k", "v", In(absl::Milliseconds(100)));
  Set("k", "v2");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(engine_->DeleteExpired(), 0u);
  EXPECT_EQ(Get("k"), "v2");
}

TEST_F(EngineExpiry, AnExpiredKeyCanBeSetAgain) {
  Set("k", "old", In(absl::Milliseconds(100)));
  clock_.Advance(absl::Seconds(1));
  Set("k", "new");
  EXPECT_EQ(engine_->DeleteExpired(), 0u);
  EXPECT_EQ(Get("k"), "new");
}

TEST_F(EngineExpiry, TheThreadDoesItUnasked) {
  options_.housekeeping_period = absl::Milliseconds(1);
  OpenInMemory();
  engine_->OpenGate({});
  Set("k", "v", In(absl::Milliseconds(1)));
  clock_.Advance(absl::Seconds(1));
  while (engine_->last_index() < 2) {
    const uint64_t seen = engine_->appended().Seen();
    if (engine_->last_index() >= 2) break;
    engine_->appended().WaitPast(seen, kForever);
  }
  EXPECT_EQ(engine_->ReadLog(2, 100)->records, ExpiryRecord(2, "k"));
}

}  // namespace
}  // namespace vigil::engine
