// Long random sequences of everything an engine does, compared with the simplest
// possible model, live, after crashes, and on a replica. VIGIL_SEEDS=n runs n seeds,
// from VIGIL_SEED or else from 1.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/engine/model_run.h"

namespace vigil::engine {
namespace {

constexpr int kSteps = 1500;

struct Scenario {
  const char* name;
  ModelRun::Disk disk;
  uint64_t seeds;
};

class EngineModel : public ::testing::TestWithParam<Scenario> {};

std::string Repeat(uint64_t seed) {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat("\nVIGIL_SEED=", seed,
                      " vigil_engine_test --gtest_filter=",
                      info->test_suite_name(), ".", info->name());
}

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

TEST_P(EngineModel, AgreesWithTheEngine) {
  const uint64_t first = FromEnvironment("VIGIL_SEED", 1);
  const uint64_t last =
      first - 1 +
      FromEnvironment("VIGIL_SEEDS", std::getenv("VIGIL_SEED") != nullptr
                                         ? 1
                                         : GetParam().seeds);
  ModelRun::Tally sum;
  for (uint64_t seed = first; seed <= last; ++seed) {
    ModelRun run(seed, GetParam().disk);
    for (int i = 0; i < kSteps && run.violation().empty(); ++i) run.Step();
    if (run.violation().empty()) run.Finish();
    ASSERT_EQ(run.violation(), "") << Repeat(seed);
    sum.changes += run.tally().changes;
    sum.refused += run.tally().refused;
    sum.crashes += run.tally().crashes;
    sum.lost_records += run.tally().lost_records;
    sum.expired += run.tally().expired;
    sum.scans += run.tally().scans;
    sum.full_syncs += run.tally().full_syncs;
    sum.rewinds += run.tally().rewinds;
  }
  for (const auto& [what, count] : {std::pair("changes", sum.changes),
                                    {"refused", sum.refused},
                                    {"expired", sum.expired},
                                    {"scans", sum.scans},
                                    {"crashes", sum.crashes},
                                    {"lost_records", sum.lost_records},
                                    {"full_syncs", sum.full_syncs},
                                    {"rewinds", sum.rewinds}}) {
    RecordProperty(what, static_cast<int>(count));
  }
  // A run in which nothing happens proves nothing.
  const uint64_t runs = last - first + 1;
  if (runs < 10) return;
  EXPECT_GT(sum.changes, 500 * runs);
  EXPECT_GT(sum.refused, 50 * runs);
  EXPECT_GT(sum.expired, 20 * runs);
  EXPECT_GT(sum.scans, 5 * runs);
  EXPECT_GT(sum.full_syncs, runs / 2);
  EXPECT_GT(sum.rewinds, runs / 4);
  if (GetParam().disk == ModelRun::Disk::kNone) return;
  EXPECT_GT(sum.crashes, 3 * runs);
  EXPECT_GT(sum.lost_records, 10 * runs);
}

INSTANTIATE_TEST_SUITE_P(
    , EngineModel,
    ::testing::Values(Scenario{"OnDisk", ModelRun::Disk::kQuiet, 40},
                      Scenario{"OnDiskWithCheckpointsBeside",
                               ModelRun::Disk::kBusy, 40},
                      Scenario{"InMemory", ModelRun::Disk::kNone, 20}),
    [](const auto& scenario) { return std::string(scenario.param.name); });

}  // namespace
}  // namespace vigil::engine
