// Whole groups of real cores under random misfortune. Each run is a function of
// its seed; a failure prints the command that repeats it. VIGIL_SEEDS=n runs n
// seeds, from VIGIL_SEED or else from 1.
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/replication/virtual_cluster.h"

namespace vigil::replication {
namespace {

constexpr int kSteps = 15000;

struct Scenario {
  const char* name;
  int members;
  int power_cuts;
  uint64_t seeds;
  int newcomers = 0;
};

class RandomCluster : public testing::TestWithParam<Scenario> {};

std::string Replay(uint64_t seed) {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat("VIGIL_SEED=", seed,
                      " replication_random_test --gtest_filter=",
                      info->test_suite_name(), ".", info->name());
}

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

TEST_P(RandomCluster, KeepsTheInvariantsAndHeals) {
  const Scenario& scenario = GetParam();
  const uint64_t first = FromEnvironment("VIGIL_SEED", 1);
  const uint64_t last =
      first - 1 +
      FromEnvironment("VIGIL_SEEDS", std::getenv("VIGIL_SEED") != nullptr
                                         ? 1
                                         : scenario.seeds);
  VirtualCluster::Tally sum;
  for (uint64_t seed = first; seed <= last; ++seed) {
    VirtualCluster cluster(
        scenario.members, seed,
        {.power_cuts = scenario.power_cuts, .newcomers = scenario.newcomers});
    for (int i = 0; i < kSteps && cluster.violation().empty(); ++i) {
      cluster.Step();
    }
    if (cluster.violation().empty()) cluster.Heal();
    ASSERT_EQ(cluster.violation(), "") << Replay(seed);
    sum.promotions += cluster.tally().promotions;
    sum.commits += cluster.tally().commits;
    sum.durable_commits += cluster.tally().durable_commits;
    sum.full_syncs += cluster.tally().full_syncs;
    sum.rewinds += cluster.tally().rewinds;
    sum.dropped += cluster.tally().dropped;
    sum.restarts += cluster.tally().restarts;
    sum.changes += cluster.tally().changes;
    sum.wipes += cluster.tally().wipes;
  }
  RecordProperty("promotions", sum.promotions);
  RecordProperty("commits", sum.commits);
  RecordProperty("restarts", sum.restarts);
  RecordProperty("dropped", sum.dropped);
  RecordProperty("changes", sum.changes);
  RecordProperty("wipes", sum.wipes);
  // A run in which nothing happens proves nothing.
  if (const auto runs = static_cast<int>(last - first + 1); runs > 10) {
    EXPECT_GT(sum.promotions, 2 * runs);
    EXPECT_GT(sum.commits, 5 * runs);
    EXPECT_GT(sum.durable_commits, runs);
    EXPECT_GT(sum.full_syncs, 0);
    EXPECT_GT(sum.rewinds, 0);
    EXPECT_GT(sum.dropped, 0);
    if (scenario.newcomers > 0) {
      EXPECT_GT(sum.changes, runs / 4);
      EXPECT_GT(sum.wipes, 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    , RandomCluster,
    testing::Values(Scenario{"ThreeMembers", 3, 0, 150},
                    Scenario{"ThreeMembersOnePowerCut", 3, 1, 150},
                    Scenario{"FiveMembersTwoPowerCuts", 5, 2, 100},
                    Scenario{"TwoMembers", 2, 0, 60},
                    Scenario{"FourMembersOnePowerCut", 4, 1, 60},
                    Scenario{"ThreeMembersAnyPowerCuts", 3, 100, 100},
                    Scenario{"MembersComeAndGo", 3, 0, 80, 2},
                    Scenario{"OneMemberBecomesSeveral", 1, 0, 80, 3}),
    [](const auto& scenario) { return std::string(scenario.param.name); });

}  // namespace
}  // namespace vigil::replication
