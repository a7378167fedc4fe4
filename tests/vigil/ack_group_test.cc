// What each Ack means in a group of real replicators and engines, in one process; and
// when a master refuses writes, or lets them wait.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "tests/vigil/node_writers.h"
#include "vigil/node.h"

namespace vigil {
namespace {

using replication::EngineGroup;
using replication::GroupOptions;

const Ack kLevels[] = {Ack::kMemory,     Ack::kDisk,   Ack::Replicas(1),
                       Ack::Replicas(2), Ack::kQuorum, Ack::kQuorumDurable};

// Nothing is synced unless somebody asks, and no master holds itself for isolated.
GroupOptions Patient() {
  GroupOptions options;
  options.replication.isolation_timeout = absl::Minutes(10);
  options.engine.fsync = engine::FsyncPolicy::kNever;
  return options;
}

absl::StatusOr<SetResult> Set(NodeWriters& node, const std::string& key,
                              const Ack& ack = {},
                              absl::Duration timeout = absl::Seconds(30)) {
  return node.writer.Await(node.writer.Set(
      key, "v", {.ack = ack, .timeout = timeout}, Room::kAwait));
}

absl::StatusOr<Receipt> Wait(NodeWriters& node, const Receipt& receipt,
                             const Ack& ack) {
  return node.writer.Await(node.writer.Wait(receipt, ack, absl::Seconds(30)));
}

TEST(AckLevels, EachIsReachedByAWriteByAWaitAndAsynchronously) {
  EngineGroup group(Patient());
  group.Bootstrap();
  NodeWriters a(group[0]);
  for (const Ack& ack : kLevels) {
    const auto set = Set(a, "k", ack);
    ASSERT_TRUE(set.ok()) << ToString(ack) << ": " << set.status();
    EXPECT_EQ(set->receipt.reached, ack) << ToString(ack);

    Promised<SetResult> told;
    EXPECT_TRUE(a.async.Set("k", "v", {.ack = ack}, told.done()).accepted());
    EXPECT_EQ(told.Get()->receipt.reached, ack) << ToString(ack);

    const Receipt receipt = Set(a, "k")->receipt;
    const auto waited = Wait(a, receipt, ack);
    ASSERT_TRUE(waited.ok()) << ToString(ack) << ": " << waited.status();
    EXPECT_EQ(waited->reached, ack) << ToString(ack);
    EXPECT_EQ(waited->index, receipt.index);
    Promised<Receipt> later;
    EXPECT_TRUE(
        a.async.Wait(Set(a, "k")->receipt, ack, absl::Seconds(30), later.done())
            .accepted());
    EXPECT_EQ(later.Get()->reached, ack) << ToString(ack);
  }
}

TEST(AckLevels, QuorumDurableIsSyncedByAMajority) {
  EngineGroup group(Patient());
  group.Bootstrap();
  NodeWriters a(group[0]);
  for (int i = 0; i < 20; ++i) {
    const auto set = Set(a, "k", Ack::kQuorumDurable);
    ASSERT_TRUE(set.ok()) << set.status();
    int synced = 0;
    for (size_t n = 0; n < 3; ++n)
      synced += group[n].engine->durable_index() >= set->receipt.index;
    EXPECT_GE(synced, 2);
  }
}

TEST(AckLevels, AQuorumWithoutTheMastersDiskIsAQuorum) {
  EngineGroup group(Patient());
  group.Bootstrap();
  NodeWriters a(group[0]);
  group[0].disk->Hang(true);
  for (const Ack& ack : {Ack(Ack::kQuorumDurable), Ack(Ack::kQuorum)}) {
    const auto set = Set(a, "k", ack);
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_LT(group[0].engine->durable_index(), set->receipt.index);
  }
  group[0].disk->Hang(false);
}

TEST(AckLevels, WhatDisksThatHangDoNotSyncIsUnknownUntilTheyDo) {
  EngineGroup group(Patient());
  group.Bootstrap();
  NodeWriters a(group[0]);
  for (const size_t n : {1, 2}) group[n].disk->Hang(true);
  const auto late = Set(a, "k", Ack::kQuorumDurable, absl::Milliseconds(30));
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.status())) << late.status();
  const auto receipt = ReceiptOf(late.status());
  ASSERT_TRUE(receipt.has_value());
  EXPECT_EQ(receipt->reached, Ack::kMemory);
  for (const size_t n : {1, 2}) group[n].disk->Hang(false);
  const auto waited = Wait(a, *receipt, Ack::kQuorumDurable);
  ASSERT_TRUE(waited.ok()) << waited.status();
  EXPECT_EQ(waited->reached, Ack::kQuorumDurable);
}

// What it was decided upon may be taken back, or be older than another master's, until a
// quorum has said otherwise.
TEST(AckLevels, WhatChangesNothingWaitsForTheQuorumToo) {
  EngineGroup group(Patient());
  group.Bootstrap();
  NodeWriters a(group[0]);
  const auto set_if_absent = [&](absl::Duration timeout) {
    return a.writer.Await(a.writer.Set(
        "k", "other",
        {.when = When::kIfAbsent, .ack = Ack::kQuorum, .timeout = timeout},
        Room::kAwait));
  };
  const auto set = Set(a, "k", Ack::kQuorum);
  ASSERT_TRUE(set.ok()) << set.status();
  const auto there = set_if_absent(absl::Seconds(30));
  ASSERT_TRUE(there.ok()) << there.status();
  EXPECT_FALSE(there->applied);
  EXPECT_GT(there->receipt.index, set->receipt.index);
  EXPECT_EQ(there->receipt.reached, Ack(Ack::kQuorum));
  EXPECT_EQ(group[0].engine->Get("k")->value, "v");
  for (const char* replica : {"b:1", "c:1"}) {
    group.network().Refuse("a:1", replica, true);
    group.network().Cut("a:1", replica);
  }
  const auto alone = set_if_absent(absl::Milliseconds(50));
  EXPECT_TRUE(absl::IsDeadlineExceeded(alone.status())) << alone.status();
  EXPECT_EQ(ReceiptOf(alone.status()), std::nullopt) << "nothing was applied";
  // An error of what is there is an answer, too.
  const auto aborted = a.writer.Await(a.writer.Write(
      Batch().Set("k", "other", {.when = When::kIfAbsent}),
      {.ack = Ack::kQuorum, .timeout = absl::Milliseconds(50)}, Room::kAwait));
  EXPECT_TRUE(absl::IsDeadlineExceeded(aborted.status())) << aborted.status();
  EXPECT_EQ(ReceiptOf(aborted.status()), std::nullopt);
  // Who asks for less is told at once, and of no record.
  const uint64_t last = group[0].engine->last_index();
  const auto memory = a.writer.Await(
      a.writer.Set("k", "other", {.when = When::kIfAbsent}, Room::kAwait));
  ASSERT_TRUE(memory.ok()) << memory.status();
  EXPECT_EQ(memory->receipt.index, last);
  EXPECT_EQ(group[0].engine->last_index(), last);
}

TEST(AckLevels, OfTooFewReplicasTheReceiptTellsHowManyThereWere) {
  EngineGroup group(Patient());
  group.Bootstrap();
  NodeWriters a(group[0]);
  ASSERT_TRUE(Set(a, "k", Ack::Replicas(2)).ok());
  group.network().Refuse("a:1", "c:1", true);
  group.network().Cut("a:1", "c:1");
  const auto late = Set(a, "k", Ack::Replicas(2), absl::Milliseconds(200));
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.status())) << late.status();
  EXPECT_TRUE(absl::StrContains(late.status().message(), "is unknown"));
  const auto receipt = ReceiptOf(late.status());
  ASSERT_TRUE(receipt.has_value());
  EXPECT_EQ(receipt->reached, Ack::Replicas(1));
  EXPECT_TRUE(group[0].engine->Exists("k")) << "not failed";
  group.network().Refuse("a:1", "c:1", false);
  EXPECT_TRUE(Wait(a, *receipt, Ack::Replicas(2)).ok());
}

TEST(AckLevels, AreRefusedWhereTheyCannotBeReached) {
  EngineGroup group(Patient());
  group.Bootstrap();
  NodeWriters a(group[0]);
  const uint64_t before = group[0].engine->last_index();
  for (const int n : {-1, 0, 3}) {
    const absl::Status refused = Set(a, "k", Ack::Replicas(n)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
    EXPECT_TRUE(
        absl::StrContains(refused.message(), "allowed: 1 to 2 replicas"))
        << refused;
  }
  EXPECT_EQ(group[0].engine->last_index(), before);

  GroupOptions alone = Patient();
  alone.members = 1;
  EngineGroup one(alone);
  one.Bootstrap();
  NodeWriters only(one[0]);
  EXPECT_TRUE(absl::IsInvalidArgument(Set(only, "k", Ack::kReplicas).status()));
  EXPECT_TRUE(Set(only, "k", Ack::kQuorumDurable).ok());
}

// --- min_replicas_to_write

TEST(MinReplicas, AMasterWithoutThemRefusesWritesUntilTheyAreBack) {
  GroupOptions options = Patient();
  options.replication.min_replicas_to_write = 1;
  options.replication.min_replicas_max_lag = absl::Seconds(10);
  EngineGroup group(options);
  group.Bootstrap();
  NodeWriters a(group[0]);
  ASSERT_TRUE(Set(a, "k").ok()) << "a new master has time to get them";
  const auto good = [&] { return group[0].status().good_replicas; };
  ASSERT_TRUE(group.Eventually([&] { return good() == 2; }));
  Separate(group);
  absl::Status refused;
  ASSERT_TRUE(group.Eventually([&] {
    refused = Set(a, "k").status();
    return !refused.ok();
  }));
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "0 good replicas, 1 needed"))
      << refused;
  EXPECT_FALSE(Set(a, "other").ok());
  EXPECT_FALSE(group[0].engine->Exists("other")) << "nothing was applied";
  Join(group);
  EXPECT_TRUE(group.Eventually([&] { return Set(a, "k").ok(); }));
}

// --- The bounds of what is not replicated

class Bounded : public testing::Test {
 protected:
  // The master is cut off, and everything that it had is committed.
  NodeWriters& CutOff(const WriteBounds& bounds) {
    group_.Bootstrap();
    a_.emplace(group_[0], WriterOptions{.bounds = bounds});
    EXPECT_TRUE(Set(*a_, "k", Ack::Replicas(2)).ok());
    EXPECT_TRUE(group_.Eventually(
        [&] { return a_->writer.unreplicated().operations == 0; }));
    Separate(group_);
    return *a_;
  }
  // How many writes are accepted before one is refused.
  int Accepted(absl::Status& refused) {
    for (int accepted = 0;; ++accepted) {
      refused = Set(*a_, "k", {}, absl::Milliseconds(20)).status();
      if (!refused.ok() || accepted == 1000) return accepted;
    }
  }

  EngineGroup group_{Patient()};
  std::optional<NodeWriters> a_;
};

TEST_F(Bounded, NoMoreOperationsThanAllowedAreAccepted) {
  NodeWriters& a = CutOff({.operations = 5});
  absl::Status refused;
  EXPECT_EQ(Accepted(refused), 5);
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_TRUE(
      absl::StrContains(refused.message(), "max_unreplicated_operations is 5"))
      << refused;
  EXPECT_FALSE(Set(a, "other", {}, absl::ZeroDuration()).ok());
  EXPECT_FALSE(group_[0].engine->Exists("other")) << "nothing was applied";
  EXPECT_EQ(a.writer.unreplicated().operations, 5u);
  EXPECT_GT(a.writer.unreplicated().bytes, 5u);

  Promised<SetResult> told;
  EXPECT_TRUE(
      a.async.Set("other", "v", {.timeout = absl::Hours(1)}, told.done())
          .accepted());
  EXPECT_TRUE(absl::IsResourceExhausted(told.Get().status()))
      << "an asynchronous one never waits";
  Join(group_);
  EXPECT_TRUE(Set(a, "other").ok()) << "it waits until there is room";
  EXPECT_TRUE(group_.Eventually(
      [&] { return a.writer.unreplicated().operations == 0; }));
  EXPECT_EQ(a.writer.unreplicated().age, absl::ZeroDuration());
}

TEST_F(Bounded, WithRefuseNobodyWaits) {
  NodeWriters& a = CutOff({.operations = 2, .then = OnUnreplicated::kRefuse});
  EXPECT_TRUE(Set(a, "k").ok());
  EXPECT_TRUE(Set(a, "k").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(
      Set(a, "k", {}, absl::InfiniteDuration()).status()));
}

TEST_F(Bounded, BytesAreBounded) {
  CutOff({.bytes = 1000});
  absl::Status refused;
  const int accepted = Accepted(refused);
  EXPECT_GT(accepted, 10);
  EXPECT_LT(accepted, 100) << "each has some tens of bytes";
  EXPECT_TRUE(absl::StrContains(refused.message(), "max_unreplicated_bytes"))
      << refused;
  EXPECT_GE(a_->writer.unreplicated().bytes, 1000u);
  EXPECT_LT(a_->writer.unreplicated().bytes, 1100u);
}

TEST_F(Bounded, TimeIsBounded) {
  NodeWriters& a = CutOff({.time = absl::Milliseconds(50)});
  EXPECT_TRUE(Set(a, "k").ok());
  absl::Status refused;
  EXPECT_TRUE(group_.Eventually([&] {
    refused = Set(a, "k", {}, absl::ZeroDuration()).status();
    return !refused.ok();
  }));
  EXPECT_TRUE(absl::StrContains(refused.message(), "max_unreplicated_time"))
      << refused;
  EXPECT_GE(a.writer.unreplicated().age, absl::Milliseconds(50));
}

TEST_F(Bounded, AWriterThatWaitsLearnsThatItsNodeIsMasterNoMore) {
  NodeWriters& a = CutOff({.operations = 1});
  ASSERT_TRUE(Set(a, "k").ok());
  std::thread writer([&] {
    const absl::Status told = Set(a, "k").status();
    EXPECT_TRUE(absl::IsFailedPrecondition(told)) << told;
  });
  group_.Fence(group_[0], Epoch{2, NodeId{9}});
  writer.join();
}

}  // namespace
}  // namespace vigil
