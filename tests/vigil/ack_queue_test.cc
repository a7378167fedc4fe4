// What an Ack means, and who of many is concerned when something moves.
#include "vigil/ack_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "vigil/ack.h"
#include "vigil/node.h"

namespace vigil {
namespace {

constexpr Epoch kFirst{1, NodeId{9}};
constexpr Epoch kSecond{2, NodeId{9}};
constexpr MonoTime kNow{1000};

PendingAck To(Ack ack, uint64_t index, const Epoch& epoch = kFirst,
              bool sync_all = false) {
  return {.epoch = epoch,
          .receipt = {.epoch = epoch.number, .index = index},
          .to_disk = ack == Ack::kDisk || sync_all,
          .to_quorum = ack == Ack::kQuorum};
}

AckProgress At(uint64_t durable, uint64_t committed,
               const Epoch& epoch = kFirst, absl::Status health = {}) {
  return {.durable = durable,
          .epoch = epoch,
          .committed = committed,
          .health = std::move(health)};
}

TEST(Ack, IsReachedByItsOwnWatermarkOnly) {
  const absl::Status broken = absl::InternalError("disk");
  struct Case {
    const char* name;
    PendingAck ack;
    AckProgress progress;
    const char* answer;  // code and what was reached; "": waits
  };
  const Case cases[] = {
      {"memory waits for nothing", To(Ack::kMemory, 5), At(0, 0, {}), "OK 0"},
      {"disk: not yet", To(Ack::kDisk, 5), At(4, 9), ""},
      {"disk: there", To(Ack::kDisk, 5), At(5, 0), "OK 1"},
      {"quorum: not yet", To(Ack::kQuorum, 5), At(9, 4), ""},
      {"quorum: there", To(Ack::kQuorum, 5), At(0, 5), "OK 2"},
      {"both: only the disk", To(Ack::kQuorum, 5, kFirst, true), At(5, 4), ""},
      {"both: only the quorum", To(Ack::kQuorum, 5, kFirst, true), At(4, 5),
       ""},
      {"both", To(Ack::kQuorum, 5, kFirst, true), At(5, 5), "OK 2"},
      {"the epoch is over", To(Ack::kQuorum, 5), At(9, 9, kSecond),
       "DEADLINE_EXCEEDED 0"},
      {"the index counts only in the epoch", To(Ack::kDisk, 5), At(9, 9, {}),
       "DEADLINE_EXCEEDED 0"},
      {"the disk failed", To(Ack::kDisk, 5), At(4, 9, kFirst, broken),
       "INTERNAL 0"},
      {"the disk failed after it", To(Ack::kDisk, 5), At(5, 0, kFirst, broken),
       "OK 1"},
      {"the role was lost because the disk failed", To(Ack::kQuorum, 5),
       At(9, 9, {}, broken), "INTERNAL 0"},
  };
  for (const Case& c : cases) {
    PendingAck ack = c.ack;
    const auto answer = Judge(ack, c.progress);
    std::string said;
    if (answer) {
      const auto receipt =
          answer->ok() ? **answer : ReceiptOf(answer->status());
      ASSERT_TRUE(receipt.has_value()) << c.name;
      EXPECT_EQ(receipt->index, 5u) << c.name;
      said = absl::StrCat(absl::StatusCodeToString(answer->status().code()),
                          " ", static_cast<int>(receipt->reached));
    }
    EXPECT_EQ(said, c.answer) << c.name;
  }
}

TEST(Ack, WhatWasReachedBeforeATimeOutIsInTheReceipt) {
  PendingAck ack = To(Ack::kQuorum, 5, kFirst, /*sync_all=*/true);
  EXPECT_FALSE(Judge(ack, At(5, 0)).has_value());
  const absl::Status late = TimedOut(ack);
  EXPECT_TRUE(absl::IsDeadlineExceeded(late));
  EXPECT_EQ(ReceiptOf(late), (Receipt{1, 5, Ack::kDisk}));
  EXPECT_TRUE(absl::IsCancelled(Cancelled(ack)));
  EXPECT_EQ(ReceiptOf(Cancelled(ack)), (Receipt{1, 5, Ack::kDisk}));
}

class AckQueueTest : public testing::Test {
 protected:
  uint64_t Add(const std::string& name, const PendingAck& ack,
               MonoTime deadline = MonoTime::InfiniteFuture()) {
    return queue_.Add(ack, deadline, [this, name](absl::StatusOr<Receipt> r) {
      absl::StrAppend(&told_, name, r.ok() ? "" : "!", " ");
    });
  }
  std::string Tell(std::vector<AckQueue::Answer> answers) {
    told_.clear();
    for (auto& each : answers) each.done(std::move(each.result));
    return told_;
  }
  std::string Advance(const AckProgress& progress, MonoTime now = kNow) {
    return Tell(queue_.Advance(progress, now));
  }

  AckQueue queue_;
  std::string told_;
};

TEST_F(AckQueueTest, OneStepTakesAllUpToTheWatermarkInTheOrderOfTheLog) {
  EXPECT_EQ(Advance(At(0, 0)), "");
  Add("c", To(Ack::kQuorum, 7));
  Add("a", To(Ack::kQuorum, 5));
  Add("b", To(Ack::kQuorum, 6));
  Add("d", To(Ack::kDisk, 6));
  EXPECT_EQ(Advance(At(5, 4)), "");
  EXPECT_EQ(Advance(At(5, 6)), "a b ");
  EXPECT_TRUE(queue_.awaits_disk());
  EXPECT_EQ(Advance(At(6, 6)), "d ");
  EXPECT_FALSE(queue_.awaits_disk());
  EXPECT_EQ(Advance(At(9, 9)), "c ");
  EXPECT_TRUE(queue_.empty());
}

TEST_F(AckQueueTest, WhoNeedsTheDiskAndTheQuorumWaitsForOneAfterTheOther) {
  Add("a", To(Ack::kQuorum, 5, kFirst, true));
  EXPECT_EQ(Advance(At(4, 9)), "");
  EXPECT_EQ(Advance(At(5, 4)), "");
  EXPECT_FALSE(queue_.awaits_disk());
  EXPECT_EQ(Advance(At(5, 5)), "a ");
}

TEST_F(AckQueueTest, ADeadlineEndsTheWaitUnlessItsAckIsThere) {
  Add("late", To(Ack::kQuorum, 5), {2000});
  Add("later", To(Ack::kQuorum, 6), {3000});
  Add("just", To(Ack::kQuorum, 4), {2000});
  EXPECT_EQ(queue_.next_deadline(), MonoTime{2000});
  EXPECT_EQ(Advance(At(0, 0), {1999}), "");
  EXPECT_EQ(Advance(At(0, 4), {2000}), "just late! ");
  EXPECT_EQ(queue_.next_deadline(), MonoTime{3000});
  EXPECT_EQ(Advance(At(0, 6), {9000}), "later ");
  EXPECT_EQ(queue_.next_deadline(), MonoTime::InfiniteFuture());
}

TEST_F(AckQueueTest, AnotherEpochEndsAllOfTheOldOne) {
  Add("a", To(Ack::kQuorum, 500));
  Add("b", To(Ack::kDisk, 600));
  EXPECT_EQ(Advance(At(0, 0)), "");
  EXPECT_EQ(Advance(At(0, 0, {})), "b! a! ");
  Add("late",
      To(Ack::kQuorum, 601));  // written in an epoch that had just ended
  EXPECT_EQ(Advance(At(0, 0, {})), "late! ");
  EXPECT_EQ(Advance(At(0, 0, kSecond)), "");
  Add("c", To(Ack::kQuorum, 601, kSecond));
  Add("old", To(Ack::kQuorum, 700));
  EXPECT_EQ(Advance(At(0, 0, kSecond)), "old! ");
  EXPECT_EQ(Advance(At(0, 601, kSecond)), "c ");
}

TEST_F(AckQueueTest, AFailedStorageEndsAll) {
  Add("a", To(Ack::kQuorum, 500));
  Add("b", To(Ack::kDisk, 600));
  EXPECT_EQ(Advance(At(0, 0)), "");
  EXPECT_EQ(Advance(At(0, 0, kFirst, absl::InternalError("disk"))), "b! a! ");
}

TEST_F(AckQueueTest, ACancelledWaiterIsToldOnce) {
  const uint64_t a = Add("a", To(Ack::kDisk, 5), {2000});
  Add("b", To(Ack::kDisk, 5), {2000});
  auto answer = queue_.Cancel(a);
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(absl::IsCancelled(answer->result.status()));
  EXPECT_FALSE(queue_.Cancel(a).has_value());
  EXPECT_FALSE(queue_.Cancel(0).has_value());
  EXPECT_EQ(Advance(At(5, 5), {9000}), "b ");
  Add("c", To(Ack::kDisk, 8));
  Add("d", To(Ack::kQuorum, 8));
  EXPECT_EQ(Tell(queue_.CancelAll()), "c! d! ");
  EXPECT_TRUE(queue_.empty());
  EXPECT_FALSE(queue_.awaits_disk());
}

// Against a list of waiters that are all judged at each step.
TEST_F(AckQueueTest, EndsWhatJudgingEachWaiterWouldEnd) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    AckQueue queue;
    std::map<int, std::pair<PendingAck, MonoTime>> model;
    std::map<int, std::string> told;
    AckProgress at = At(0, 0);
    uint64_t last = 0;
    for (int step = 0; step < 2000; ++step) {
      if (random() % 3 != 0) {
        if (random() % 4 != 0) ++last;
        const PendingAck ack = To(random() % 2 == 0 ? Ack::kDisk : Ack::kQuorum,
                                  last, at.epoch, random() % 4 == 0);
        const MonoTime deadline{step + static_cast<int64_t>(random() % 300)};
        queue.Add(ack, deadline, [&told, step](absl::StatusOr<Receipt> r) {
          EXPECT_TRUE(told.emplace(step, r.status().ToString()).second);
        });
        model.emplace(step, std::make_pair(ack, deadline));
        continue;
      }
      at.durable += random() % (last - at.durable + 1);
      at.committed += random() % (last - at.committed + 1);
      if (random() % 100 == 0) ++at.epoch.number;
      told.clear();
      const MonoTime now{step};
      for (auto& each : queue.Advance(at, now)) each.done(each.result);
      std::map<int, std::string> expected;
      for (auto i = model.begin(); i != model.end();) {
        auto& [ack, deadline] = i->second;
        auto answer = Judge(ack, at);
        if (!answer && deadline <= now) answer = TimedOut(ack);
        if (!answer) {
          ++i;
          continue;
        }
        expected.emplace(i->first, answer->status().ToString());
        i = model.erase(i);
      }
      ASSERT_EQ(told, expected) << "seed " << seed << ", step " << step;
      ASSERT_EQ(queue.size(), model.size());
    }
  }
}

}  // namespace
}  // namespace vigil
