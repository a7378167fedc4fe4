#include "vigil/insight_status.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace vigil {
namespace {

using engine::OperationKind;
using engine::OperationTimer;

TEST(InsightStatus, TellsWhatWasCalledAndHowLongItTook) {
  ManualClock clock;
  engine::Insight insight({}, clock);
  for (int i = 0; i < 4000; ++i) {
    OperationTimer timer(insight, clock, OperationKind::kSet, 2, "hot");
    timer.set_value_bytes(7);
    clock.Advance(i == 0 ? absl::Milliseconds(20) : absl::Microseconds(2));
  }
  for (const bool found : {true, false, false}) {
    OperationTimer timer(insight, clock, OperationKind::kGetMany, 0, "");
    timer.Found(found);
  }
  NodeStatus status;
  TellInsight(insight, status);
  TellInsight(insight, status);  // replaces, and does not add

  EXPECT_EQ(status.hits, 1u);
  EXPECT_EQ(status.misses, 2u);
  ASSERT_EQ(status.operations.size(), 2u);
  EXPECT_EQ(status.operations[0].name, "mget");
  const OperationStatus& set = status.operations[1];
  EXPECT_EQ(set.name, "set");
  EXPECT_EQ(set.calls, 4000u);
  EXPECT_EQ(set.timed, 4000u);
  EXPECT_NEAR(absl::ToDoubleMicroseconds(set.p99), 2, 0.1);
  EXPECT_EQ(set.max, absl::Milliseconds(20));
  ASSERT_EQ(set.buckets.size(), 2u);
  EXPECT_EQ(set.buckets[0].count, 3999u);
  EXPECT_GT(set.buckets[0].below, absl::Microseconds(2));
  EXPECT_LE(set.buckets[0].below, absl::Microseconds(2.2));
  EXPECT_EQ(set.buckets[1].count, 1u);
  EXPECT_GT(set.buckets[1].below, absl::Milliseconds(20));
  ASSERT_EQ(status.slow_log.size(), 1u);
  EXPECT_EQ(status.slow_log[0].operation, "set");
  EXPECT_EQ(status.slow_log[0].key, "hot");
  EXPECT_EQ(status.slow_log[0].value_bytes, 7u);
  ASSERT_EQ(status.hot_keys.size(), 1u);
  EXPECT_EQ(status.hot_keys[0].key, "hot");
  EXPECT_EQ(status.hot_keys[0].database, 2);
}

TEST(InsightStatus, TellsTheLargestFirst) {
  engine::BigKeys found;
  found.Add(0, "small", 1);
  found.Add(3, "big", 100);
  const std::vector<BigKey> keys = ToBigKeys(found);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].key, "big");
  EXPECT_EQ(keys[0].database, 3);
  EXPECT_EQ(keys[0].bytes, 103u);
}

}  // namespace
}  // namespace vigil
