// Power cuts and kills at random moments of a random workload, from fixed seeds.
// What comes back is exactly the data set after some write, and no write before it
// that was said to be durable (or persisted, after a kill) is missing.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/engine_fixture.h"
#include "tests/engine/workload.h"

namespace vigil::engine {
namespace {

class EngineCrash : public EngineTest,
                    public ::testing::WithParamInterface<uint64_t> {
 protected:
  // Some writes, with checkpoints and syncs among them.
  void Run(Random& random) {
    const uint64_t writes = random.Uniform(300);
    for (uint64_t i = 0; i < writes; ++i) {
      ASSERT_TRUE(Workload::Perform(workload_.Next(), *engine_));
      switch (random.Uniform(60)) {
        case 0:
          ASSERT_TRUE(engine_->Checkpoint().ok());
          break;
        case 1:
          ASSERT_TRUE(engine_->Sync().ok());
          break;
        case 2:
          engine_->RequestSync(workload_.index());
          break;
        case 3:
          ASSERT_TRUE(engine_->WriteMeta("vote", std::to_string(i)).ok());
          break;
        default:
          break;
      }
    }
  }

  // Returns the index that must have survived.
  uint64_t Crash(Random& random) {
    if (random.Uniform(4) == 0) {
      const uint64_t persisted = engine_->persisted_index();
      disk_->Kill();
      return persisted;
    }
    const uint64_t durable = engine_->durable_index();
    disk_->PowerCut(random.Uniform(disk_->unsynced_writes() + 1));
    return durable;
  }

  uint64_t seed() const { return GetParam(); }
  Workload workload_{seed()};
};

TEST_P(EngineCrash, RecoversExactlyAPrefix) {
  Random random(seed());
  options_.log_disk_bytes = 10'000;  // so that checkpoints do trim
  OpenOnDisk();
  for (int crash = 0; crash < 6; ++crash) {
    engine_->OpenGate({});
    Run(random);
    const uint64_t survived = Crash(random);
    OpenOnDisk();
    ASSERT_GE(engine_->last_index(), survived) << "seed " << seed();
    ASSERT_LE(engine_->last_index(), workload_.index());
    workload_ = Workload(seed());
    workload_.SkipTo(engine_->last_index());
    ASSERT_EQ(ContentOf(*engine_), workload_.content())
        << "seed " << seed() << ", at " << engine_->last_index();
    ASSERT_EQ(engine_->durable_index(), engine_->last_index());
  }
}

TEST_P(EngineCrash, InAFullSyncLeavesTheOldDataSetOrTheNewOne) {
  Random random(seed());
  OpenOnDisk();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 20)).ok());
  ASSERT_TRUE(engine_->Sync().ok());
  const Content old_content = ContentOf(*engine_);
  const uint64_t steps = random.Uniform(6);
  bool committed = false;
  for (uint64_t step = 0; step <= steps && !committed; ++step) {
    if (step == 0) {
      ASSERT_TRUE(engine_->BeginStaging(100).ok());
    } else if (step < 3) {
      ASSERT_TRUE(
          engine_->StageEntries(SetRecord(step, "e" + std::to_string(step), ""))
              .ok());
    } else if (step < 5) {
      ASSERT_TRUE(engine_->StageLog(SetRecords(98 + step, 98 + step)).ok());
    } else {
      ASSERT_TRUE(engine_->CommitStaging({{"lineage", "l"}}).ok());
      committed = true;
    }
  }
  const Content new_content = ContentOf(*engine_);
  disk_->PowerCut(random.Uniform(disk_->unsynced_writes() + 1));
  OpenOnDisk();
  EXPECT_EQ(ContentOf(*engine_), committed ? new_content : old_content);
  EXPECT_EQ(engine_->last_index(), committed ? 102u : 20u);
  EXPECT_EQ(engine_->ReadMeta("lineage"), committed ? "l" : "");
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineCrash,
                         ::testing::Range<uint64_t>(1, 101));

}  // namespace
}  // namespace vigil::engine
