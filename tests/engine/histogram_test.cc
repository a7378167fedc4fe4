#include "engine/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "engine/base/random.h"

namespace vigil::engine {
namespace {

TEST(Histogram, BucketsFollowEachOtherWithoutAGap) {
  uint64_t next = 0;
  for (size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    ASSERT_EQ(Histogram::LowestIn(bucket), next);
    ASSERT_EQ(Histogram::BucketOf(next), bucket);
    next += Histogram::WidthOf(bucket);
    ASSERT_EQ(Histogram::BucketOf(next - 1), bucket);
  }
  EXPECT_EQ(next, uint64_t{1} << Histogram::kValueBits);
}

TEST(Histogram, EmptyHasNoTimes) {
  const Histogram::Snapshot none = Histogram().snapshot();
  EXPECT_EQ(none.count, 0u);
  EXPECT_EQ(none.Percentile(99), absl::ZeroDuration());
  EXPECT_EQ(none.Mean(), absl::ZeroDuration());
}

TEST(Histogram, OneTimeIsEveryPercentile) {
  Histogram histogram;
  histogram.Record(123'456);
  const Histogram::Snapshot one = histogram.snapshot();
  for (const double percent : {0.0, 50.0, 99.9, 100.0}) {
    EXPECT_EQ(one.Percentile(percent), absl::Nanoseconds(123'456));
  }
  EXPECT_EQ(one.Mean(), absl::Nanoseconds(123'456));
}

// Against the sorted times themselves, over nine powers of ten.
TEST(Histogram, PercentilesAreWithinAThirtySecond) {
  Histogram histogram;
  Random random(7);
  std::vector<int64_t> times;
  for (int i = 0; i < 100'000; ++i) {
    const double exponent = static_cast<double>(random.Uniform(9000)) / 1000;
    times.push_back(static_cast<int64_t>(std::pow(10.0, 1 + exponent)));
    histogram.Record(times.back());
  }
  std::sort(times.begin(), times.end());
  const Histogram::Snapshot all = histogram.snapshot();
  EXPECT_EQ(all.count, times.size());
  for (const double percent : {0.1, 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
    const auto rank = static_cast<size_t>(
        std::ceil(percent / 100 * static_cast<double>(times.size())));
    const auto exact = static_cast<double>(times[rank - 1]);
    const auto told =
        static_cast<double>(absl::ToInt64Nanoseconds(all.Percentile(percent)));
    EXPECT_NEAR(told, exact, exact / 32 + 1) << percent;
  }
  EXPECT_EQ(all.Percentile(100), absl::Nanoseconds(times.back()));
}

TEST(Histogram, TimesOutOfRangeCountAtItsEnds) {
  Histogram histogram;
  histogram.Record(-5);
  const int64_t hour = 3'600'000'000'000;
  histogram.Record(hour);
  const Histogram::Snapshot two = histogram.snapshot();
  EXPECT_EQ(two.count, 2u);
  EXPECT_EQ(two.Percentile(50), absl::ZeroDuration());
  EXPECT_EQ(two.max_ns, static_cast<uint64_t>(hour));
  EXPECT_EQ(two.Percentile(100), absl::Hours(1));
}

TEST(Histogram, LosesNothingWhenThreadsRecordAtOnce) {
  Histogram histogram;
  constexpr int kTimes = 20'000;
  std::vector<std::thread> threads;
  for (int t = 1; t <= 4; ++t) {
    threads.emplace_back([&histogram, t] {
      for (int i = 0; i < kTimes; ++i) histogram.Record(t * 1000);
      EXPECT_GE(histogram.snapshot().count, uint64_t{kTimes});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Histogram::Snapshot all = histogram.snapshot();
  EXPECT_EQ(all.count, 4u * kTimes);
  EXPECT_EQ(all.sum_ns, uint64_t{kTimes} * (1000 + 2000 + 3000 + 4000));
  EXPECT_EQ(all.max_ns, 4000u);
}

}  // namespace
}  // namespace vigil::engine
