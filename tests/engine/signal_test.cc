#include "engine/base/signal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/base/index_signal.h"

namespace vigil {
namespace {

TEST(Signal, ReturnsAtOnceIfItMovedSinceItWasSeen) {
  Signal signal;
  const uint64_t seen = signal.Seen();
  signal.Notify();
  EXPECT_TRUE(signal.WaitPast(seen, MonoTime::InfiniteFuture()));
}

TEST(Signal, GivesUpAtTheDeadline) {
  Signal signal;
  EXPECT_FALSE(signal.WaitPast(signal.Seen(), SystemClock().Mono()));
}

TEST(Signal, LosesNoWakeUp) {
  Signal signal;
  std::atomic<int> value{0};
  constexpr int kRounds = 20'000;
  std::thread waiter([&] {
    for (int want = 1; want <= kRounds; ++want) {
      for (uint64_t seen = signal.Seen(); value < want; seen = signal.Seen()) {
        signal.WaitPast(seen, MonoTime::InfiniteFuture());
      }
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    ++value;
    signal.Notify();
  }
  waiter.join();
  EXPECT_EQ(value, kRounds);
}

TEST(IndexSignal, WhoWaitsForAnyStepIsToldOfEach) {
  IndexSignal signal;
  uint64_t seen = signal.Seen();
  signal.Notify(4, 5);
  EXPECT_TRUE(signal.WaitPast(seen, MonoTime::InfiniteFuture()));
  seen = signal.Seen();
  signal.Notify();
  EXPECT_TRUE(signal.WaitPast(seen, MonoTime::InfiniteFuture()));
  EXPECT_FALSE(signal.WaitPast(signal.Seen(), SystemClock().Mono(), 7));
}

TEST(IndexSignal, EverybodyIsWokenByTheStepThatReachesThem) {
  IndexSignal signal;
  std::atomic<uint64_t> reached{0};
  constexpr uint64_t kWaiters = 8;
  constexpr uint64_t kEach = 2'000;
  std::vector<std::thread> waiters;
  for (uint64_t w = 0; w < kWaiters; ++w) {
    waiters.emplace_back([&, w] {
      for (uint64_t i = 0; i < kEach; ++i) {
        const uint64_t want = 1 + w + i * kWaiters;
        for (uint64_t seen = signal.Seen(); reached < want;
             seen = signal.Seen()) {
          signal.WaitPast(seen, MonoTime::InfiniteFuture(), want);
        }
      }
    });
  }
  // Steps of one, of a few, and of more than it tells apart.
  uint64_t from = 0;
  for (uint64_t step = 1; from < kWaiters * kEach; step = step % 40 + 1) {
    reached = from + step;
    signal.Notify(from, from + step);
    from += step;
  }
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_GE(reached, kWaiters * kEach);
}

}  // namespace
}  // namespace vigil
