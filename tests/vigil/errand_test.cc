// A work that hangs: who waits for it leaves in time, and it is undone when it ends.
#include "vigil/errand.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stop_token>
#include <thread>

#include "vigil/callback_gate.h"

namespace vigil {
namespace {

// A work that nothing can interrupt until it is let go.
struct Disk {
  std::promise<void> answer;
  std::promise<void> entered;
  std::atomic<int> undone{0};

  std::shared_ptr<Errand> Begin(const Limit& limit, absl::Status result) {
    return Errand::Begin(
        "vigil-backup", "the work", limit,
        [this, result](const Limit&) {
          entered.set_value();
          answer.get_future().wait();
          return result;
        },
        [this] { ++undone; });
  }
};

TEST(Errand, ReturnsTheResultOfTheWork) {
  for (const absl::Status& result :
       {absl::OkStatus(), absl::InternalError("broken")}) {
    Disk disk;
    disk.answer.set_value();
    const auto errand = disk.Begin({}, result);
    EXPECT_EQ(errand->Await(), result);
    errand->AwaitEnd();
    EXPECT_EQ(disk.undone, 0);
  }
}

TEST(Errand, WhoWaitsLeavesAtTheDeadlineAndTheResultIsUndone) {
  Disk disk;
  const auto errand =
      disk.Begin(Limit::In(absl::Milliseconds(1)), absl::OkStatus());
  EXPECT_TRUE(absl::IsDeadlineExceeded(errand->Await()));
  EXPECT_TRUE(errand->running());
  disk.answer.set_value();
  errand->AwaitEnd();
  EXPECT_FALSE(errand->running());
  EXPECT_EQ(disk.undone, 1);
}

TEST(Errand, WhatFailedIsNotUndone) {
  Disk disk;
  const auto errand = disk.Begin(Limit::In(absl::ZeroDuration()),
                                 absl::InternalError("broken"));
  EXPECT_TRUE(absl::IsDeadlineExceeded(errand->Await()));
  disk.answer.set_value();
  errand->AwaitEnd();
  EXPECT_EQ(disk.undone, 0);
}

TEST(Errand, IsCancelledByItsHandleAndByTheCallersToken) {
  for (const bool by_token : {false, true}) {
    Disk disk;
    std::stop_source stop;
    const auto errand =
        disk.Begin({.stop = stop.get_token()}, absl::OkStatus());
    std::thread other([&] {
      disk.entered.get_future().wait();
      by_token ? static_cast<void>(stop.request_stop()) : errand->Cancel();
    });
    EXPECT_TRUE(absl::IsCancelled(errand->Await()));
    other.join();
    disk.answer.set_value();
    errand->AwaitEnd();
    EXPECT_EQ(disk.undone, 1);
  }
}

TEST(Errand, TheWorkIsToldThatNobodyWaits) {
  std::promise<void> entered;
  const auto errand =
      Errand::Begin("vigil-backup", "the work", {}, [&](const Limit& limit) {
        entered.set_value();
        while (limit.Check().ok()) std::this_thread::yield();
        return limit.Check();
      });
  entered.get_future().wait();
  errand->Cancel();
  EXPECT_TRUE(absl::IsCancelled(errand->Await()));
  errand->AwaitEnd();
}

TEST(CallbackGate, ClosesBehindTheCallThatRuns) {
  const auto gate = std::make_shared<CallbackGate>();
  std::promise<void> entered;
  std::promise<void> release;
  std::atomic<int> calls{0};
  const std::function<void(int)> call =
      CallbackGate::Guard(gate, std::function<void(int)>([&](int by) {
                            entered.set_value();
                            release.get_future().wait();
                            calls += by;
                          }));
  std::thread caller([&] { call(2); });
  entered.get_future().wait();
  std::thread closer([&] {
    gate->Close();
    EXPECT_EQ(calls, 2);
  });
  release.set_value();
  closer.join();
  caller.join();
  call(3);
  EXPECT_EQ(calls, 2);
  EXPECT_FALSE(CallbackGate::Guard(gate, std::function<void()>()));
}

}  // namespace
}  // namespace vigil
