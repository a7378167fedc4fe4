#include "engine/base/striped_counters.h"

#include <gtest/gtest.h>

#include <future>
#include <set>
#include <thread>
#include <vector>

#include "engine/base/sampling.h"

namespace vigil {
namespace {

// More threads than slots, all alive at once: some count in the shared row.
TEST(StripedCounters, LosesNothingHoweverManyThreadsCount) {
  StripedCounters<2> counters;
  constexpr size_t kThreads = kThreadSlots + 16;
  constexpr uint64_t kAdds = 2000;
  std::promise<void> all_there;
  const std::shared_future<void> begin(all_there.get_future());
  std::vector<std::thread> threads;
  std::vector<std::promise<int>> slots(kThreads);
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      slots[t].set_value(ThisThreadSlot());
      begin.wait();
      for (uint64_t i = 0; i < kAdds; ++i) {
        counters.Add(0);
        counters.Add(1, 3);
      }
    });
  }
  std::multiset<int> taken;
  for (std::promise<int>& slot : slots) taken.insert(slot.get_future().get());
  all_there.set_value();
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(counters.Sum(0), kThreads * kAdds);
  EXPECT_EQ(counters.Sum(1), kThreads * kAdds * 3);
  for (int slot = 0; slot < kThreadSlots; ++slot) {
    EXPECT_LE(taken.count(slot), 1u) << "two threads had slot " << slot;
  }
  EXPECT_GE(taken.count(kThreadSlots), 16u);
}

TEST(ThreadSlot, IsFreeAgainWhenItsThreadHasEnded) {
  StripedCounters<1> counters;
  for (int i = 0; i < 3 * kThreadSlots; ++i) {
    std::thread([&] {
      EXPECT_LT(ThisThreadSlot(), kThreadSlots);
      counters.Add(0);
    }).join();
  }
  EXPECT_EQ(counters.Sum(0), 3u * kThreadSlots);
}

TEST(Sampling, TakesItsShareOfCallsWhateverTheirRhythm) {
  // A caller that reads two keys in turn: each is seen in its half of the samples.
  constexpr int kCalls = 1'000'000;
  int samples[2] = {0, 0};
  for (int i = 0; i < kCalls; ++i) {
    if (SampleThisCall()) ++samples[i % 2];
  }
  constexpr int kExpected = kCalls / 2 / static_cast<int>(kSamplingPeriod);
  EXPECT_NEAR(samples[0], kExpected, kExpected / 10);
  EXPECT_NEAR(samples[1], kExpected, kExpected / 10);
}

}  // namespace
}  // namespace vigil
