#include "engine/progress.h"

#include <gtest/gtest.h>

#include <vector>

namespace vigil::engine {
namespace {

TEST(Progress, IsToldOnceASomeTensOfMegabytesAndAtTheEnd) {
  std::vector<Progress> told;
  ProgressMeter meter(
      "verify", 100 << 20, [&](const Progress& p) { told.push_back(p); }, 1000);
  for (int i = 0; i < 100; ++i) meter.Add(1 << 20);
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0].what, "verify");
  EXPECT_EQ(told[0].done_keys, 320u);
  EXPECT_EQ(told[0].done_bytes, uint64_t{32} << 20);
  EXPECT_EQ(told[0].total_keys_estimate, 1000u);
  EXPECT_EQ(told[2].total_bytes_estimate, uint64_t{100} << 20);
  meter.Tell();
  EXPECT_EQ(told.back().done_keys, 1000u);
}

TEST(Progress, NeedsNobodyToTell) {
  ProgressMeter meter("verify", 0, nullptr);
  meter.Add(uint64_t{1} << 40);
  meter.Tell();
  EXPECT_EQ(meter.progress().done_bytes, uint64_t{1} << 40);
}

TEST(Progress, OfTheKeysAsLargeAPartIsDoneAsOfTheBytes) {
  ProgressMeter meter("verify", 1000, nullptr, 50);
  for (const auto& [bytes, keys] :
       {std::pair(0, 0), {20, 1}, {480, 25}, {499, 49}, {1, 50}, {10, 50}}) {
    meter.Add(static_cast<uint64_t>(bytes));
    meter.Tell();
    EXPECT_EQ(meter.progress().done_keys, static_cast<uint64_t>(keys));
  }
}

}  // namespace
}  // namespace vigil::engine
