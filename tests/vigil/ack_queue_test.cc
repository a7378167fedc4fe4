// What an Ack means, and who of many is concerned when something moves.
#include "vigil/ack_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "vigil/ack.h"
#include "vigil/node.h"

namespace vigil {
namespace {

using replication::CommitPoint;

constexpr Epoch kFirst{1, NodeId{9}};
constexpr Epoch kSecond{2, NodeId{9}};
constexpr MonoTime kNow{1000};

PendingAck To(Ack ack, uint64_t index, const Epoch& epoch = kFirst,
              bool sync_all = false) {
  return {.epoch = epoch,
          .receipt = {.epoch = epoch.number, .index = index},
          .to_disk = ack == Ack::kDisk || sync_all,
          .to_group = ack == Ack::kDisk ? Ack::kMemory : ack};
}

AckProgress At(uint64_t durable, uint64_t committed,
               const Epoch& epoch = kFirst, absl::Status health = {}) {
  return {.durable = durable,
          .group = {.epoch = epoch, .index = committed},
          .health = std::move(health)};
}

// In a group of four: committed, synced by a quorum, held by one, two, three replicas.
AckProgress Group(uint64_t committed, uint64_t durable,
                  std::array<uint64_t, 3> held_by) {
  AckProgress progress = At(0, committed);
  progress.group.durable = durable;
  progress.group.replicas = 3;
  std::copy(held_by.begin(), held_by.end(), progress.group.held_by.begin());
  return progress;
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
      {"memory waits for nothing", To(Ack::kMemory, 5), At(0, 0, {}),
       "OK kMemory"},
      {"disk: not yet", To(Ack::kDisk, 5), At(4, 9), ""},
      {"disk: there", To(Ack::kDisk, 5), At(5, 0), "OK kDisk"},
      {"quorum: not yet", To(Ack::kQuorum, 5), At(9, 4), ""},
      {"quorum: there", To(Ack::kQuorum, 5), At(0, 5), "OK kQuorum"},
      {"both: only the disk", To(Ack::kQuorum, 5, kFirst, true), At(5, 4), ""},
      {"both: only the quorum", To(Ack::kQuorum, 5, kFirst, true), At(4, 5),
       ""},
      {"both", To(Ack::kQuorum, 5, kFirst, true), At(5, 5), "OK kQuorum"},
      {"the epoch is over", To(Ack::kQuorum, 5), At(9, 9, kSecond),
       "DEADLINE_EXCEEDED kMemory"},
      {"the index counts only in the epoch", To(Ack::kDisk, 5), At(9, 9, {}),
       "DEADLINE_EXCEEDED kMemory"},
      {"the disk failed", To(Ack::kDisk, 5), At(4, 9, kFirst, broken),
       "INTERNAL kMemory"},
      {"the disk failed after it", To(Ack::kDisk, 5), At(5, 0, kFirst, broken),
       "OK kDisk"},
      {"the role was lost because the disk failed", To(Ack::kQuorum, 5),
       At(9, 9, {}, broken), "INTERNAL kMemory"},
      {"two replicas: one", To(Ack::Replicas(2), 5), Group(9, 9, {9, 4, 0}),
       ""},
      {"two replicas: there", To(Ack::Replicas(2), 5), Group(0, 0, {9, 5, 4}),
       "OK kReplicas(2)"},
      {"one replica", To(Ack::kReplicas, 5), Group(0, 0, {5, 0, 0}),
       "OK kReplicas(1)"},
      {"synced: only held", To(Ack::kQuorumDurable, 5), Group(9, 4, {9, 9, 9}),
       ""},
      {"synced by the quorum", To(Ack::kQuorumDurable, 5), Group(9, 5, {}),
       "OK kQuorumDurable"},
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
                          " ", ToString(receipt->reached));
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

  PendingAck synced = To(Ack::kQuorumDurable, 5);
  EXPECT_FALSE(Judge(synced, Group(5, 4, {})).has_value());
  EXPECT_EQ(ReceiptOf(TimedOut(synced)), (Receipt{1, 5, Ack::kQuorum}));
  PendingAck held = To(Ack::Replicas(3), 5);
  EXPECT_FALSE(Judge(held, Group(9, 9, {5, 5, 4})).has_value());
  EXPECT_EQ(ReceiptOf(TimedOut(held)), (Receipt{1, 5, Ack::Replicas(2)}));
}

TEST(Ack, AReplicaLevelByItselfMeansOneReplica) {
  EXPECT_EQ(Ack(Ack::kReplicas), Ack::Replicas(1));
  EXPECT_NE(Ack(Ack::kReplicas), Ack::Replicas(2));
  EXPECT_EQ(Ack(), Ack::kMemory);
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

TEST_F(AckQueueTest, EachLevelHasItsOwnMark) {
  Add("one", To(Ack::kReplicas, 5));
  Add("two", To(Ack::Replicas(2), 5));
  Add("synced", To(Ack::kQuorumDurable, 5));
  Add("quorum", To(Ack::kQuorum, 5));
  EXPECT_EQ(Advance(Group(4, 4, {4, 4, 4})), "");
  EXPECT_EQ(Advance(Group(4, 4, {5, 4, 4})), "one ");
  EXPECT_EQ(Advance(Group(5, 4, {5, 4, 4})), "quorum ");
  EXPECT_EQ(Advance(Group(5, 4, {6, 5, 4})), "two ");
  EXPECT_EQ(Advance(Group(5, 5, {6, 5, 4})), "synced ");
  EXPECT_TRUE(queue_.empty());
}

TEST_F(AckQueueTest, ATimeOutTellsWhatThereWas) {
  std::optional<Receipt> told;
  queue_.Add(
      To(Ack::Replicas(3), 5), {2000},
      [&](const absl::StatusOr<Receipt>& r) { told = ReceiptOf(r.status()); });
  EXPECT_EQ(Advance(Group(9, 9, {9, 4, 4}), {1999}), "");
  Advance(Group(9, 9, {9, 9, 4}), {2000});
  EXPECT_EQ(told, (Receipt{1, 5, Ack::Replicas(2)}));
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
        const Ack levels[] = {Ack::kDisk, Ack::kQuorum, Ack::kQuorumDurable,
                              Ack::kReplicas, Ack::Replicas(3)};
        const PendingAck ack = To(levels[random() % std::size(levels)], last,
                                  at.group.epoch, random() % 4 == 0);
        const MonoTime deadline{step + static_cast<int64_t>(random() % 300)};
        queue.Add(ack, deadline, [&told, step](absl::StatusOr<Receipt> r) {
          EXPECT_TRUE(told.emplace(step, r.status().message()).second);
        });
        model.emplace(step, std::make_pair(ack, deadline));
        continue;
      }
      at.durable += random() % (last - at.durable + 1);
      CommitPoint& group = at.group;
      group.index += random() % (last - group.index + 1);
      group.durable += random() % (group.index - group.durable + 1);
      group.replicas = 3;
      for (size_t i = 3; i-- > 0;) {
        const uint64_t up_to = i == 0 ? last : group.held_by[i - 1];
        group.held_by[i] += random() % (up_to - group.held_by[i] + 1);
      }
      if (random() % 100 == 0) ++group.epoch.number;
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
        expected.emplace(i->first, answer->status().message());
        i = model.erase(i);
      }
      ASSERT_EQ(told, expected) << "seed " << seed << ", step " << step;
      ASSERT_EQ(queue.size(), model.size());
    }
  }
}

}  // namespace
}  // namespace vigil
