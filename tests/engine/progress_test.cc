#include "engine/progress.h"

#include <gtest/gtest.h>

#include <vector>

namespace vigil::engine {
namespace {

TEST(Progress, IsToldOnceASomeTensOfMegabytesAndAtTheEnd) {
  std::vector<Progress> told;
  ProgressMeter meter("load", 100 << 20,
                      [&](const Progress& p) { told.push_back(p); });
  for (int i = 0; i < 100; ++i) meter.Add(10, 1 << 20);
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0].what, "load");
  EXPECT_EQ(told[0].done_keys, 320u);
  EXPECT_EQ(told[0].done_bytes, uint64_t{32} << 20);
  EXPECT_EQ(told[2].total_bytes_estimate, uint64_t{100} << 20);
  meter.Tell();
  EXPECT_EQ(told.back().done_keys, 1000u);
}

TEST(Progress, NeedsNobodyToTell) {
  ProgressMeter meter("load", 0, nullptr);
  meter.Add(1, uint64_t{1} << 40);
  meter.Tell();
  EXPECT_EQ(meter.progress().done_keys, 1u);
}

}  // namespace
}  // namespace vigil::engine
