#include "engine/space_saving.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "engine/base/random.h"

namespace vigil::engine {
namespace {

TEST(SpaceSaving, CountsExactlyWhileThereAreCountersLeft) {
  SpaceSaving counts(3);
  for (const char* key : {"a", "b", "a", "c", "a", "b"}) counts.Add(0, key);
  const auto top = counts.Top(10);
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].key, "a");
  EXPECT_EQ(top[0].count, 3u);
  EXPECT_EQ(top[1].key, "b");
  EXPECT_EQ(top[0].error + top[1].error + top[2].error, 0u);
}

TEST(SpaceSaving, ANewKeyTakesTheSmallestCounterOverWithItsCountAsError) {
  SpaceSaving counts(2);
  for (const char* key : {"a", "a", "a", "b", "c"}) counts.Add(0, key);
  const auto top = counts.Top(2);
  EXPECT_EQ(top[0].key, "a");
  EXPECT_EQ(top[1].key, "c");
  EXPECT_EQ(top[1].count, 2u);
  EXPECT_EQ(top[1].error, 1u);
}

// The two promises of the paper, on a skewed stream of many keys.
TEST(SpaceSaving, BoundsHoldAndNoFrequentKeyIsMissed) {
  constexpr size_t kCapacity = 50;
  SpaceSaving counts(kCapacity);
  std::map<std::string, uint64_t> exact;
  Random random(3);
  for (int i = 0; i < 50'000; ++i) {
    // About half of the stream goes to 16 keys, the rest to 10 000.
    const uint64_t n = random.Uniform(2) == 0 ? random.Uniform(16)
                                              : 100 + random.Uniform(10'000);
    const std::string key = "key" + std::to_string(n);
    ++exact[key];
    counts.Add(0, key);
  }
  std::map<std::string, uint64_t> found;
  for (const SpaceSaving::Counter& counter : counts.Top(kCapacity)) {
    found[counter.key] = counter.count;
    EXPECT_LE(counter.count - counter.error, exact[counter.key]);
    EXPECT_GE(counter.count, exact[counter.key]);
  }
  for (const auto& [key, n] : exact) {
    if (n > counts.total() / kCapacity) {
      EXPECT_TRUE(found.contains(key)) << key << " came " << n << " times";
    }
  }
}

TEST(SpaceSaving, DatabasesAndLongKeysAreToldApart) {
  SpaceSaving counts(10);
  const std::string stem(1000, 'k');
  counts.Add(0, stem + "a");
  counts.Add(0, stem + "b");
  counts.Add(1, stem + "a");
  const auto top = counts.Top(10);
  EXPECT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].key, stem.substr(0, SpaceSaving::kKeyBytes));
}

TEST(SpaceSaving, HalvingLetsThePastFade) {
  SpaceSaving counts(4);
  for (int i = 0; i < 1000; ++i) counts.Add(0, "past");
  for (int i = 0; i < 5; ++i) counts.Halve();
  for (int i = 0; i < 100; ++i) counts.Add(0, "present");
  EXPECT_EQ(counts.Top(1)[0].key, "present");
  EXPECT_EQ(counts.total(), 1000u / 32 + 100);
}

TEST(SpaceSaving, WithoutCountersItCountsNothing) {
  SpaceSaving counts(0);
  counts.Add(0, "a");
  EXPECT_TRUE(counts.Top(1).empty());
}

}  // namespace
}  // namespace vigil::engine
