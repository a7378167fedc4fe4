#include "engine/sync_turns.h"

#include <gtest/gtest.h>

namespace vigil::engine {
namespace {

constexpr MonoTime kAtOnce{};

TEST(SyncTurns, WhoseSyncRunsIsWokenByIt) {
  SyncTurns turns;
  turns.Begin(100);
  const auto turn = turns.Of(100);
  EXPECT_FALSE(turns.Await(turn, kAtOnce));
  turns.End();
  EXPECT_TRUE(turns.Await(turn, kAtOnce));
}

TEST(SyncTurns, WhoComesWhileOneRunsSleepsUntilTheNext) {
  SyncTurns turns;
  turns.Begin(100);
  const auto turn = turns.Of(101);
  turns.End();
  EXPECT_FALSE(turns.Await(turn, kAtOnce));
  turns.Begin(102);
  EXPECT_FALSE(turns.Await(turn, kAtOnce));
  turns.End();
  EXPECT_TRUE(turns.Await(turn, kAtOnce));
}

// Also for an index that an earlier sync had: it may be another data set's by now.
TEST(SyncTurns, WhileNoneRunsEverybodyWaitsForTheNext) {
  SyncTurns turns;
  for (int i = 0; i < 3; ++i) {
    turns.Begin(100);
    turns.End();
    const auto turn = turns.Of(50);
    EXPECT_FALSE(turns.Await(turn, kAtOnce));
    turns.Begin(60);
    turns.End();
    EXPECT_TRUE(turns.Await(turn, kAtOnce));
  }
}

TEST(SyncTurns, WakeAllWakesBothTurns) {
  SyncTurns turns;
  turns.Begin(100);
  const auto now = turns.Of(100);
  const auto next = turns.Of(101);
  turns.WakeAll();
  EXPECT_TRUE(turns.Await(now, kAtOnce));
  EXPECT_TRUE(turns.Await(next, kAtOnce));
}

}  // namespace
}  // namespace vigil::engine
