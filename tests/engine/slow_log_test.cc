#include "engine/slow_log.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support/manual_clock.h"

namespace vigil::engine {
namespace {

constexpr int64_t kMillisecond = 1'000'000;

TEST(SlowLog, KeepsWhatReachedTheThresholdNewestFirst) {
  ManualClock clock;
  SlowLog log({.threshold = absl::Milliseconds(10)}, clock);
  log.Note(OperationKind::kSet, 10 * kMillisecond - 1, "fast", 1);
  log.Note(OperationKind::kSet, 10 * kMillisecond, "first", 7);
  clock.Advance(absl::Seconds(1));
  log.Note(OperationKind::kScan, 25 * kMillisecond, "", 0);

  const std::vector<SlowLog::Entry> entries = log.Newest(10);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].id, 1u);
  EXPECT_EQ(entries[0].kind, OperationKind::kScan);
  EXPECT_EQ(entries[0].took, absl::Milliseconds(25));
  EXPECT_EQ(entries[0].ended, clock.Wall());
  EXPECT_EQ(entries[1].id, 0u);
  EXPECT_EQ(entries[1].key, "first");
  EXPECT_EQ(entries[1].value_bytes, 7u);
  EXPECT_EQ(log.Newest(1).size(), 1u);
}

TEST(SlowLog, DropsTheOldestAndCutsKeys) {
  ManualClock clock;
  SlowLog log({.threshold = absl::ZeroDuration(), .max_length = 3}, clock);
  const std::string key(1000, 'k');
  for (int i = 0; i < 5; ++i) log.Note(OperationKind::kGet, i, key, 0);
  const std::vector<SlowLog::Entry> entries = log.Newest(10);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries.back().id, 2u);
  EXPECT_EQ(entries[0].key, key.substr(0, SlowLog::kKeyBytes));
  EXPECT_EQ(entries[0].key_bytes, 1000u);
}

TEST(SlowLog, IdsRiseAcrossAReset) {
  ManualClock clock;
  SlowLog log({.threshold = absl::ZeroDuration()}, clock);
  log.Note(OperationKind::kGet, 1, "a", 0);
  log.Reset();
  EXPECT_EQ(log.size(), 0u);
  log.Note(OperationKind::kGet, 1, "b", 0);
  EXPECT_EQ(log.Newest(1)[0].id, 1u);
}

TEST(SlowLog, InfinityAndNoLengthTurnItOff) {
  ManualClock clock;
  SlowLog never({.threshold = absl::InfiniteDuration()}, clock);
  never.Note(OperationKind::kGet, INT64_MAX - 1, "a", 0);
  EXPECT_EQ(never.size(), 0u);
  SlowLog no_room({.threshold = absl::ZeroDuration(), .max_length = 0}, clock);
  no_room.Note(OperationKind::kGet, 1, "a", 0);
  EXPECT_EQ(no_room.size(), 0u);
}

TEST(SlowLog, TakesNotesFromManyThreads) {
  ManualClock clock;
  SlowLog log({.threshold = absl::Milliseconds(1), .max_length = 16}, clock);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 1000; ++i) {
        log.Note(OperationKind::kSet, i % 2 * kMillisecond, "key", 1);
        if (i % 100 == 0) {
          EXPECT_LE(log.Newest(100).size(), 16u);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(log.Newest(1)[0].id, 4u * 500 - 1);
}

}  // namespace
}  // namespace vigil::engine
