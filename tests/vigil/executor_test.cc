#include "vigil/executor.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace vigil {
namespace {

TEST(Executor, RunsTasksInOrderOnOneThread) {
  Executor executor;
  std::vector<int> order;
  std::promise<bool> on_its_thread;
  for (int i = 0; i < 100; ++i) {
    executor.Post([&order, i] { order.push_back(i); });
  }
  executor.Post([&] { on_its_thread.set_value(executor.IsCurrentThread()); });
  EXPECT_TRUE(on_its_thread.get_future().get());
  EXPECT_FALSE(executor.IsCurrentThread());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
}

TEST(Executor, DropsNothingHoweverSlowTheApplicationIs) {
  Executor executor;
  std::promise<void> release;
  executor.Post([&] { release.get_future().wait(); });
  constexpr size_t kTasks = 20'000;
  size_t ran = 0;
  for (size_t i = 0; i < kTasks; ++i) executor.Post([&ran] { ++ran; });
  EXPECT_GE(executor.waiting(), kTasks);
  std::promise<void> last;
  executor.Post([&] { last.set_value(); });
  release.set_value();
  last.get_future().wait();
  EXPECT_EQ(ran, kTasks);
}

TEST(Executor, StopIsIdempotentAndRunsNothingAfterwards) {
  Executor executor;
  executor.Stop();
  bool ran = false;
  executor.Post([&ran] { ran = true; });
  executor.Stop();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace vigil
