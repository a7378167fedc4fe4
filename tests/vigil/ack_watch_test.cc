// One thread for many waiters: who wakes it, how often, and how it ends.
#include "vigil/ack_watch.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "tests/support/manual_clock.h"
#include "tests/vigil/answers.h"
#include "vigil/node.h"

namespace vigil {
namespace {

constexpr Epoch kEpoch{1, NodeId{9}};

class AckWatchTest : public testing::Test {
 protected:
  void TearDown() override { watch_.Stop(); }

  void Await(Ack ack, uint64_t index, MonoTime deadline, AckWatch::Done done) {
    ASSERT_TRUE(watch_.TakePlace().ok());
    number_ = watch_.Await({.epoch = kEpoch,
                            .receipt = {.epoch = 1, .index = index},
                            .to_disk = ack == Ack::kDisk,
                            .to_group = ack == Ack::kDisk ? Ack::kMemory : ack},
                           deadline, std::move(done));
  }
  void Await(Ack ack, uint64_t index, int name) {
    Await(ack, index, MonoTime::InfiniteFuture(), answers_.For(name));
  }

  // Where the watermarks are.
  std::atomic<uint64_t> durable_{0};
  std::atomic<uint64_t> committed_{0};

  Answers answers_;
  ManualClock clock_;
  Signal disk_;
  Executor executor_;
  AckWatch watch_{[this] {
                    return AckProgress{
                        .durable = durable_,
                        .group = {.epoch = kEpoch, .index = committed_},
                        .health = {},
                        .disk = {}};
                  },
                  disk_, executor_, clock_, /*places=*/100};
  std::atomic<uint64_t> number_{0};  // of the last operation
};

TEST_F(AckWatchTest, SixtyFourWritesAreServedAsOneGroup) {
  for (const Ack ack : {Ack::kDisk, Ack::kQuorum}) {
    const size_t told = answers_.Now().size();
    const uint64_t from = durable_;
    for (int i = 1; i <= 64; ++i) Await(ack, from + i, i);
    const uint64_t before = watch_.looks();
    (ack == Ack::kDisk ? durable_ : committed_) = from + 64;
    ack == Ack::kDisk ? disk_.Notify() : watch_.Moved();
    const auto answers = answers_.Await(told + 64);
    ASSERT_EQ(answers.size(), told + 64);
    for (size_t i = 0; i < 64; ++i) {
      EXPECT_EQ(answers[told + i].name, static_cast<int>(i + 1));
      EXPECT_TRUE(answers[told + i].status.ok());
    }
    // One for the group; at most two that the first of them caused may be late.
    EXPECT_LE(watch_.looks() - before, 3u);
    durable_ = committed_ = from + 64;
  }
}

TEST_F(AckWatchTest, WhatIsReachedAlreadyIsToldAtOnce) {
  durable_ = committed_ = 9;
  Await(Ack::kMemory, 9, 1);
  Await(Ack::kDisk, 9, 2);
  Await(Ack::kQuorum, 9, 3);
  EXPECT_EQ(answers_.Await(3).size(), 3u);
}

TEST_F(AckWatchTest, ADeadlineIsTold) {
  Await(Ack::kDisk, 5, clock_.Mono() + absl::Seconds(5), answers_.For(1));
  Await(Ack::kQuorum, 5, clock_.Mono() + absl::Seconds(9), answers_.For(2));
  clock_.Advance(absl::Seconds(5));
  watch_.Moved();
  ASSERT_EQ(answers_.Await(1).size(), 1u);
  EXPECT_TRUE(absl::IsDeadlineExceeded(answers_.Now()[0].status));
  clock_.Advance(absl::Seconds(5));
  watch_.Moved();
  EXPECT_EQ(answers_.Await(2).size(), 2u);
}

TEST_F(AckWatchTest, CancellingEndsOneWaitAndOnlyOnce) {
  Await(Ack::kDisk, 5, 1);
  const uint64_t first = number_;
  Await(Ack::kDisk, 5, 2);
  watch_.Cancel(first);
  watch_.Cancel(first);
  ASSERT_EQ(answers_.Await(1).size(), 1u);
  EXPECT_TRUE(absl::IsCancelled(answers_.Now()[0].status));
  durable_ = 5;
  disk_.Notify();
  ASSERT_EQ(answers_.Await(2).size(), 2u);
  EXPECT_EQ(answers_.Now()[1].name, 2);
  EXPECT_TRUE(answers_.Now()[1].status.ok());
  watch_.Cancel(first);
}

TEST_F(AckWatchTest, AFullHouseIsSaidAndAnAnswerMakesRoom) {
  for (int i = 0; i < 100; ++i) Await(Ack::kDisk, 5, i);
  EXPECT_TRUE(absl::IsResourceExhausted(watch_.TakePlace()));
  durable_ = 5;
  disk_.Notify();
  EXPECT_EQ(answers_.Await(100).size(), 100u);
  EXPECT_TRUE(watch_.TakePlace().ok());
  watch_.Answer(answers_.For(100), Receipt{});
  EXPECT_EQ(answers_.Await(101).size(), 101u);
}

// However long the callback thread is busy, what is refused there and then costs no
// memory.
TEST_F(AckWatchTest, RefusalsOfAFullHouseDoNotGatherBehindABlockedCallback) {
  std::promise<void> release;
  executor_.Post([&] { release.get_future().wait(); });
  for (int i = 0; i < 100; ++i) Await(Ack::kMemory, 1, i);
  for (int i = 0; i < 100'000; ++i)
    EXPECT_TRUE(absl::IsResourceExhausted(watch_.TakePlace()));
  EXPECT_LE(executor_.waiting(), 2u);
  release.set_value();
  EXPECT_EQ(answers_.Await(100).size(), 100u);
  EXPECT_TRUE(watch_.TakePlace().ok());
  watch_.Answer(answers_.For(100), Receipt{});
}

TEST_F(AckWatchTest, AnOperationMayBeginTheNextOneInItsAnswer) {
  for (int i = 0; i < 99; ++i) Await(Ack::kDisk, 5, i);
  std::promise<void> last;
  int left = 50;
  std::function<void(absl::StatusOr<Receipt>)> next =
      [&](const absl::StatusOr<Receipt>&) {
        if (--left == 0) return last.set_value();
        Await(Ack::kMemory, 1, MonoTime::InfiniteFuture(), next);
      };
  Await(Ack::kMemory, 1, MonoTime::InfiniteFuture(), next);
  last.get_future().wait();
}

TEST_F(AckWatchTest, StopTellsAllOnTheCallbackThreadAndAcceptsNothingMore) {
  bool on_its_thread = false;
  Await(Ack::kDisk, 5, MonoTime::InfiniteFuture(),
        [&](const absl::StatusOr<Receipt>& answer) {
          on_its_thread = executor_.IsCurrentThread();
          EXPECT_TRUE(absl::IsCancelled(answer.status()));
          // As who tries again at each failure would.
          EXPECT_TRUE(absl::IsCancelled(watch_.TakePlace()));
        });
  Await(Ack::kQuorum, 5, 1);
  watch_.Stop();
  EXPECT_TRUE(on_its_thread);
  ASSERT_EQ(answers_.Now().size(), 1u);
  EXPECT_TRUE(absl::IsCancelled(answers_.Now()[0].status));
  watch_.Stop();
  watch_.Cancel(number_);
}

// A write that is decided while the node goes down: it had its place, so it is told, and
// the end waits for that.
TEST_F(AckWatchTest, WhatBeganBeforeTheEndIsToldHoweverLateItComes) {
  ASSERT_TRUE(watch_.TakePlace().ok());
  ASSERT_TRUE(watch_.TakePlace().ok());
  ASSERT_TRUE(watch_.TakePlace().ok());
  std::atomic<bool> stopped{false};
  std::thread end([&] {
    watch_.Stop();
    stopped = true;
  });
  while (watch_.TakePlace().ok()) watch_.Answer([](const auto&) {}, Receipt{});
  EXPECT_FALSE(stopped);
  watch_.Answer(answers_.For(1), absl::InternalError("refused"));
  watch_.Await({.epoch = kEpoch, .receipt = {.epoch = 1, .index = 7}},
               clock_.Mono(), answers_.For(2));
  EXPECT_FALSE(stopped);
  watch_.Await(
      {.epoch = kEpoch, .receipt = {.epoch = 1, .index = 8}, .to_disk = true},
      MonoTime::InfiniteFuture(), answers_.For(3));
  end.join();
  const auto told = answers_.Now();
  ASSERT_EQ(told.size(), 3u);
  EXPECT_TRUE(absl::IsInternal(told[0].status));
  EXPECT_TRUE(told[1].status.ok());
  EXPECT_TRUE(absl::IsCancelled(told[2].status));
  EXPECT_EQ(ReceiptOf(told[2].status)->index, 8u);
}

// Waiters come and go on three threads while both watermarks move: all are told.
TEST_F(AckWatchTest, NoneIsForgotten) {
  constexpr int kEach = 2000;
  std::vector<std::thread> threads;
  std::atomic<uint64_t> last{0};
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        while (!watch_.TakePlace().ok()) std::this_thread::yield();
        const uint64_t number =
            watch_.Await({.epoch = kEpoch,
                          .receipt = {.epoch = 1, .index = ++last},
                          .to_disk = t == 0,
                          .to_group = i % 2 == 0 ? Ack::kQuorum : Ack::kMemory},
                         MonoTime::InfiniteFuture(), answers_.For(i));
        if (i % 7 == 0) watch_.Cancel(number);
      }
    });
  }
  std::atomic<bool> stop{false};
  threads.emplace_back([&] {
    while (!stop) {
      committed_ = last.load();
      watch_.Moved();
      durable_ = last.load();
      disk_.Notify();
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(answers_.Await(2 * kEach).size(), 2u * kEach);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answers_.Now().size(), 2u * kEach);
}

}  // namespace
}  // namespace vigil
