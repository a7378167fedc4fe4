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

TEST(Executor, DropsTheOldestWhenTheApplicationIsTooSlow) {
  Executor executor;
  std::promise<void> entered;
  std::promise<void> release;
  executor.Post([&] {
    entered.set_value();
    release.get_future().wait();
  });
  entered.get_future().wait();
  size_t ran = 0;
  std::promise<void> last;
  for (size_t i = 0; i < Executor::kTasksMax + 5; ++i) {
    executor.Post([&ran] { ++ran; });
  }
  EXPECT_EQ(executor.dropped(), 5u);
  release.set_value();
  executor.Post([&] { last.set_value(); });
  last.get_future().wait();
  EXPECT_GE(ran, Executor::kTasksMax - 1);
  EXPECT_LE(ran, Executor::kTasksMax);
}

TEST(Executor, NeverDropsWhatIsKept) {
  Executor executor;
  std::promise<void> entered;
  std::promise<void> release;
  executor.Post([&] {
    entered.set_value();
    release.get_future().wait();
  });
  entered.get_future().wait();
  std::vector<int> order;
  executor.Post([&] { order.push_back(0); });
  executor.PostKept([&] { order.push_back(1); });
  for (size_t i = 0; i < 2 * Executor::kTasksMax; ++i) executor.Post([] {});
  std::promise<void> last;
  executor.PostKept([&] { last.set_value(); });
  release.set_value();
  last.get_future().wait();
  EXPECT_EQ(order, std::vector<int>{1});
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
