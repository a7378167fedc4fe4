#include "engine/base/signal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

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

}  // namespace
}  // namespace vigil
