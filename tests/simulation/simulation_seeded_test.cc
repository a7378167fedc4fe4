// The simulation finds bugs: each of those in bugs.txt within so many seeds, and none
// where there is none.
#include <cstdint>
#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/simulation/seeded.h"
#include "tests/simulation/seeds.h"
#include "tests/simulation/simulation.h"

namespace vigil::seeded {

// Failures name the bug.
void PrintTo(const Bug& bug, std::ostream* out) { *out << bug.name; }

}  // namespace vigil::seeded

namespace vigil::simulation {
namespace {

class Chosen {
 public:
  explicit Chosen(const std::string& bug) { seeded::chosen = bug; }
  ~Chosen() { seeded::chosen = {}; }
};

class SeededBug : public testing::TestWithParam<seeded::Bug> {};

TEST_P(SeededBug, IsFound) {
  const seeded::Bug& bug = GetParam();
  const Chosen chosen(bug.name);
  for (uint64_t seed = 1; seed <= kSeedsOfBugMax; ++seed) {
    const Outcome outcome = Simulation(seed, {.weather = bug.weather}).Run();
    if (outcome.violation.empty()) continue;
    RecordProperty("seed", static_cast<int>(seed));
    RecordProperty("violation", outcome.violation);
    std::printf("found by --seed %d: %s\n", static_cast<int>(seed),
                outcome.violation.c_str());
    return;
  }
  if (kSlow) return;
  FAIL() << "pitfall " << bug.pitfall << ", not found in " << kSeedsOfBugMax
         << " seeds: " << bug.what;
}

INSTANTIATE_TEST_SUITE_P(Each, SeededBug, testing::ValuesIn(seeded::Bugs()),
                         [](const auto& bug) { return bug.param.name; });

TEST(SeededBugs, NothingIsFoundWhereNoneIsChosen) {
  for (uint64_t seed = 1; seed <= kSeeds / 20; ++seed) {
    EXPECT_EQ(Simulation(seed).Run().violation, "")
        << "tests/simulation/run --seed " << seed;
  }
}

// The weather that bugs ask for is no bug by itself.
TEST(SeededBugs, NothingIsFoundInTheirWeatherWithoutThem) {
  for (const seeded::Bug& bug : seeded::Bugs()) {
    if (bug.weather.empty()) continue;
    for (uint64_t seed = 1; seed <= kSeeds / 50; ++seed) {
      EXPECT_EQ(Simulation(seed, {.weather = bug.weather}).Run().violation, "")
          << "seed " << seed << " in the weather of " << bug.name;
    }
  }
}

}  // namespace
}  // namespace vigil::simulation
