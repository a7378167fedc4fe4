#include "tests/benchmarks/workload.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/latency.h"
#include "tests/benchmarks/trace.h"
#include "tests/benchmarks/zipf.h"

namespace vigil::bench {
namespace {

TEST(Keys, EachKeyComesOnce) {
  const Keys keys = Keys::Each(1000, 16);
  std::set<std::string_view> different;
  for (size_t i = 0; i < keys.size(); ++i) different.insert(keys[i]);
  EXPECT_EQ(different.size(), 1000u);
  EXPECT_EQ(keys[42], "k000000000000042");
}

TEST(Keys, AreOfTheKeysThatAStoreWasFilledWith) {
  const Keys each = Keys::Each(100);
  std::set<std::string_view> known;
  for (size_t i = 0; i < each.size(); ++i) known.insert(each[i]);
  for (const Keys& keys :
       {Keys::Uniform(100, 1000, 1), Keys::Zipfian(100, 0.99, 1000, 1)}) {
    for (size_t i = 0; i < keys.size(); ++i) {
      ASSERT_TRUE(known.contains(keys[i])) << keys[i];
    }
  }
}

TEST(Zipf, RanksComeInProportion) {
  constexpr uint64_t kRanks = 1000;
  constexpr int kDraws = 400'000;
  for (const double exponent : {0.5, 0.8, 0.99, 1.0, 1.1, 2.0}) {
    double sum = 0;
    for (uint64_t r = 1; r <= kRanks; ++r) sum += std::pow(r, -exponent);
    Zipf zipf(kRanks, exponent, 7);
    std::vector<int> drawn(kRanks);
    for (int i = 0; i < kDraws; ++i) ++drawn.at(zipf.Next());
    for (const uint64_t rank : {0, 1, 2, 9, 99}) {
      const double expected = kDraws * std::pow(rank + 1, -exponent) / sum;
      EXPECT_NEAR(drawn[rank], expected, 6 * std::sqrt(expected) + 1)
          << "rank " << rank << " of exponent " << exponent;
    }
  }
}

TEST(Trace, EachHasAsManyRequestsAsAskedFor) {
  for (const Trace& trace : Traces()) {
    const Keys keys = trace.make({.requests = 10'000, .cached_keys = 300});
    EXPECT_EQ(keys.size(), 10'000u) << trace.name;
  }
}

TEST(Latency, QuantilesAreExactToOneIn64) {
  Latency latency;
  for (int64_t ns = 1; ns <= 100'000; ++ns) latency.Add(ns);
  for (const double part : {0.01, 0.5, 0.99, 0.999}) {
    const double exact = part * 100'000;
    EXPECT_NEAR(latency.QuantileNs(part), exact, exact / 64 + 1) << part;
  }
  EXPECT_EQ(latency.max_ns(), 100'000);
}

TEST(Latency, SmallOnesAreExact) {
  Latency latency;
  for (int64_t ns : {3, 3, 3, 7}) latency.Add(ns);
  EXPECT_EQ(latency.QuantileNs(0.5), 3);
  EXPECT_EQ(latency.QuantileNs(1), 7);
}

TEST(Median, OfAnEvenNumberIsBetweenTheMiddleOnes) {
  EXPECT_EQ(Median({9, 1, 5}), 5);
  EXPECT_EQ(Median({9, 1, 5, 7}), 6);
}

}  // namespace
}  // namespace vigil::bench
