#include "vigil/role_feed.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

#include "engine/base/mutex.h"

namespace vigil {
namespace {

RoleView Epoch(uint64_t number) { return {.epoch = number}; }

// Collects what a listener is told, and waits for a certain epoch.
class Seen {
 public:
  void operator()(const RoleView& view) {
    MutexLock lock(mu_);
    epochs_.push_back(view.epoch);
    changed_.NotifyAll();
  }
  std::vector<uint64_t> UntilEpoch(uint64_t number) {
    const MonoTime deadline = SystemClock().Mono() + absl::Seconds(10);
    MutexLock lock(mu_);
    while (epochs_.empty() || epochs_.back() != number) {
      if (!changed_.WaitUntil(mu_, deadline)) break;
    }
    return epochs_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<uint64_t> epochs_ ABSL_GUARDED_BY(mu_);
};

TEST(RoleFeed, TellsThePresentViewAtOnce) {
  Executor executor;
  RoleFeed feed(executor);
  feed.Publish(Epoch(7));
  Seen seen;
  Subscription s = feed.Subscribe([&](const RoleView& v) { seen(v); });
  EXPECT_EQ(seen.UntilEpoch(7), std::vector<uint64_t>{7});
}

TEST(RoleFeed, SlowListenerMissesViewsInBetweenButNeverTheLast) {
  Executor executor;
  RoleFeed feed(executor);
  Seen seen;
  std::promise<void> entered;
  std::promise<void> release;
  bool first = true;
  Subscription s = feed.Subscribe([&](const RoleView& v) {
    if (first) {
      first = false;
      entered.set_value();
      release.get_future().wait();
    }
    seen(v);
  });
  entered.get_future().wait();
  for (uint64_t i = 1; i <= 100; ++i) feed.Publish(Epoch(i));
  release.set_value();
  EXPECT_EQ(seen.UntilEpoch(100), (std::vector<uint64_t>{0, 100}));
}

// The views that a busy callback thread has no time for take one place, and the last
// of them is told, however much others want to be called.
TEST(RoleFeed, ViewsThatWaitTakeOnePlaceAndTheLastIsNeverLost) {
  Executor executor;
  RoleFeed feed(executor);
  Seen seen;
  std::promise<void> entered;
  std::promise<void> release;
  executor.Post([&] {
    entered.set_value();
    release.get_future().wait();
  });
  entered.get_future().wait();
  Subscription s = feed.Subscribe([&](const RoleView& v) { seen(v); });
  for (uint64_t i = 1; i <= 100; ++i) feed.Publish(Epoch(i));
  EXPECT_EQ(executor.waiting(), 1u);
  for (int i = 0; i < 20'000; ++i) executor.Post([] {});
  release.set_value();
  EXPECT_EQ(seen.UntilEpoch(100), (std::vector<uint64_t>{100}));
}

TEST(RoleFeed, SameViewIsToldOnce) {
  Executor executor;
  RoleFeed feed(executor);
  Seen seen;
  Subscription s = feed.Subscribe([&](const RoleView& v) { seen(v); });
  feed.Publish(Epoch(1));
  seen.UntilEpoch(1);
  feed.Publish(Epoch(1));
  feed.Publish(Epoch(2));
  const std::vector<uint64_t> epochs = seen.UntilEpoch(2);
  EXPECT_EQ(epochs[epochs.size() - 2], 1u);
}

TEST(RoleFeed, CancelWaitsForTheCallThatRuns) {
  Executor executor;
  RoleFeed feed(executor);
  auto alive = std::make_unique<int>(0);
  std::promise<void> entered;
  Subscription s = feed.Subscribe([&](const RoleView&) {
    entered.set_value();
    for (int i = 0; i < 1000; ++i) *alive = i;
  });
  entered.get_future().wait();
  s.Cancel();
  alive.reset();  // a call that still ran would touch freed memory
}

TEST(RoleFeed, ListenerMayCancelItself) {
  Executor executor;
  RoleFeed feed(executor);
  Subscription s;
  std::promise<void> subscribed;
  std::promise<void> done;
  int calls = 0;
  s = feed.Subscribe([&](const RoleView&) {
    subscribed.get_future().wait();
    ++calls;
    s.Cancel();
    done.set_value();
  });
  subscribed.set_value();
  done.get_future().wait();
  feed.Publish(Epoch(1));
  executor.Stop();
  EXPECT_EQ(calls, 1);
}

TEST(RoleFeed, SubscriptionMayOutliveTheFeed) {
  Executor executor;
  Subscription s;
  {
    RoleFeed feed(executor);
    s = feed.Subscribe([](const RoleView&) {});
  }
  executor.Stop();
  s.Cancel();
}

}  // namespace
}  // namespace vigil
