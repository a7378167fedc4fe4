// Whole groups of real cores, engines and sentinels under whatever goes wrong, each a
// function of its seed. More of them: tests/simulation/run.
#include "tests/simulation/simulation.h"

#include <cstdint>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "tests/simulation/seeds.h"

namespace vigil::simulation {
namespace {

TEST(Simulation, KeepsTheInvariantsAndHeals) {
  uint64_t promotions = 0;
  uint64_t acknowledged = 0;
  uint64_t dropped = 0;
  uint64_t waiting = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Outcome outcome = Simulation(seed).Run();
    ASSERT_EQ(outcome.violation, "") << "tests/simulation/run --seed " << seed;
    promotions += outcome.promotions;
    acknowledged += outcome.acknowledged;
    dropped += outcome.dropped;
    waiting += outcome.waits_for_operator ? 1 : 0;
  }
  RecordProperty("promotions", static_cast<int>(promotions));
  RecordProperty("acknowledged", static_cast<int>(acknowledged));
  RecordProperty("waiting_for_operator", static_cast<int>(waiting));
  // A run in which nothing happens proves nothing.
  EXPECT_GT(promotions, kSeeds);
  EXPECT_GT(acknowledged, 100 * kSeeds);
  EXPECT_GT(dropped, 0u);
  EXPECT_LT(waiting, kSeeds / 10);
}

TEST(Simulation, TheSameSeedGivesTheSameTrace) {
  for (const uint64_t seed : {3, 17, 42}) {
    const Outcome one = Simulation(seed).Run();
    const Outcome two = Simulation(seed).Run();
    EXPECT_EQ(one.digest, two.digest) << seed;
    EXPECT_EQ(one.operations, two.operations) << seed;
    EXPECT_NE(one.digest, Simulation(seed + 1).Run().digest);
  }
}

}  // namespace
}  // namespace vigil::simulation
