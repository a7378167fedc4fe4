#include "engine/operation_timer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/support/manual_clock.h"

namespace vigil::engine {
namespace {

class OperationTimerTest : public ::testing::Test {
 protected:
  void Run(OperationKind kind, std::string_view key, absl::Duration takes) {
    OperationTimer timer(insight_, clock_, kind, 0, key);
    timer.set_value_bytes(3);
    clock_.Advance(takes);
  }

  ManualClock clock_;
  Insight insight_{{}, clock_};
};

TEST_F(OperationTimerTest, EveryWriteIsTimed) {
  for (int i = 0; i < 1000; ++i) {
    Run(OperationKind::kSet, "key", absl::Microseconds(5));
  }
  EXPECT_EQ(insight_.operations.calls(OperationKind::kSet), 1000u);
  const auto times = insight_.operations.times(OperationKind::kSet);
  EXPECT_EQ(times.count, 1000u);
  EXPECT_EQ(times.Mean(), absl::Microseconds(5));
  EXPECT_EQ(insight_.operations.calls(OperationKind::kGet), 0u);
}

TEST_F(OperationTimerTest, EveryShortReadIsCountedAndASampleOfThemTimed) {
  constexpr uint64_t kReads = 100'000;
  for (uint64_t i = 0; i < kReads; ++i) {
    Run(OperationKind::kGet, "key", absl::ZeroDuration());
  }
  EXPECT_EQ(insight_.operations.calls(OperationKind::kGet), kReads);
  const auto timed = insight_.operations.times(OperationKind::kGet).count;
  EXPECT_NEAR(static_cast<double>(timed), double{kReads} / kSamplingPeriod,
              double{kReads} / kSamplingPeriod / 5);
  EXPECT_EQ(insight_.hot.Top(1)[0].key, "key");
}

TEST_F(OperationTimerTest, SlowOnesAreNoted) {
  Run(OperationKind::kSet, "fast", absl::Milliseconds(9));
  Run(OperationKind::kSet, "slow", absl::Milliseconds(11));
  ASSERT_EQ(insight_.slow.size(), 1u);
  EXPECT_EQ(insight_.slow.Newest(1)[0].key, "slow");
  EXPECT_EQ(insight_.slow.Newest(1)[0].value_bytes, 3u);
}

TEST_F(OperationTimerTest, HitsAndMissesAreCounted) {
  for (const bool found : {true, true, false}) {
    OperationTimer timer(insight_, clock_, OperationKind::kGet, 0, "key");
    timer.Found(found);
  }
  insight_.operations.CountHits(10);
  EXPECT_EQ(insight_.operations.hits(), 12u);
  EXPECT_EQ(insight_.operations.misses(), 1u);
}

TEST(OperationKinds, HaveDifferentNames) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kOperationKinds; ++i) {
    names.insert(NameOf(static_cast<OperationKind>(i)));
  }
  EXPECT_EQ(names.size(), kOperationKinds);
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace vigil::engine
