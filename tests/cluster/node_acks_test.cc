// Acks, and what bounds the loss of a failover, over real sockets and disks.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "engine/base/clock.h"
#include "tests/cluster/live_group.h"

namespace vigil::test {
namespace {

TEST(NodeAcks, EachLevelIsReached) {
  LiveGroup group(3, [](Options& o) { o.fsync = Fsync::kNever; });
  Node& master = group.master();
  for (const Ack& ack :
       {Ack(Ack::kMemory), Ack(Ack::kDisk), Ack::Replicas(1), Ack::Replicas(2),
        Ack(Ack::kQuorum), Ack(Ack::kQuorumDurable)}) {
    const auto set = master.Set("k", "v", {.ack = ack});
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_EQ(set->receipt.reached, ack);
    const auto later = master.Wait(master.Set("k", "v")->receipt, ack);
    ASSERT_TRUE(later.ok()) << later.status();
    EXPECT_EQ(later->reached, ack);
  }
  // Without asking for it nobody would have synced anything.
  const Receipt synced =
      master.Set("k", "v", {.ack = Ack::kQuorumDurable})->receipt;
  int members = master.status().durable_index >= synced.index;
  for (Node* replica : group.replicas())
    members += replica->status().durable_index >= synced.index;
  EXPECT_GE(members, 2);
}

TEST(NodeAcks, WhatAMasterAloneAcceptsIsBoundedAndTold) {
  constexpr uint64_t kBound = 10;
  LiveGroup group(3, [](Options& o) {
    o.max_unreplicated_operations = kBound;
    o.sentinel.down_after = absl::Seconds(20);
    o.sentinel.failover_timeout = absl::Seconds(30);
  });
  Node& master = group.master();
  ASSERT_TRUE(master.Set("k", "v", {.ack = Ack::Replicas(2)}).ok());
  const auto unreplicated = [&] { return master.status().unreplicated; };
  ASSERT_TRUE(Eventually([&] { return unreplicated().operations == 0; }));
  for (size_t i = 0; i < 3; ++i) {
    if (i != group.master_index()) group.Close(i);
  }
  for (uint64_t i = 0; i < kBound; ++i)
    ASSERT_TRUE(master.Set("k", "v").ok()) << i;
  const SystemClock clock;
  const MonoTime began = clock.Mono();
  const auto late =
      master.Set("late", "v", {.timeout = absl::Milliseconds(50)});
  const absl::Duration took = clock.Mono() - began;
  EXPECT_TRUE(absl::IsResourceExhausted(late.status())) << late.status();
  const BackPressureStatus told = master.status().back_pressure;
  EXPECT_EQ(told.refused.unreplicated, 1u);
  EXPECT_EQ(told.delayed_writes, 1u);
  // What was left of the time-out when it began to wait.
  EXPECT_GE(took, absl::Milliseconds(50));
  EXPECT_GT(told.delayed, absl::ZeroDuration());
  EXPECT_LE(told.delayed, took);
  EXPECT_FALSE(master.Exists("late"));
  EXPECT_EQ(unreplicated().operations, kBound);
  EXPECT_GT(unreplicated().bytes, 0u);
  // As of the replicator's last step, which may be a while ago.
  EXPECT_GT(unreplicated().age, absl::ZeroDuration());
  EXPECT_TRUE(
      Eventually([&] { return unreplicated().age >= absl::Milliseconds(50); }));
  EXPECT_TRUE(absl::StrContains(InfoText(master.status(), "replication"),
                                "unreplicated_operations:10\n"));
  for (size_t i = 0; i < 3; ++i) {
    if (i != group.master_index()) group.Open(i);
  }
  EXPECT_TRUE(master.Set("late", "v", {.timeout = absl::Seconds(20)}).ok());
}

TEST(NodeAcks, AMasterWithoutEnoughReplicasRefusesWrites) {
  LiveGroup group(3, [](Options& o) {
    o.min_replicas_to_write = 1;
    o.sentinel.down_after = absl::Seconds(20);
    o.sentinel.failover_timeout = absl::Seconds(30);
  });
  Node& master = group.master();
  ASSERT_TRUE(master.Set("k", "v").ok()) << "a new one has time to get them";
  ASSERT_TRUE(Eventually([&] { return master.status().good_replicas == 2; }));
  for (size_t i = 0; i < 3; ++i) {
    if (i != group.master_index()) group.Close(i);
  }
  absl::Status refused;
  ASSERT_TRUE(Eventually([&] {
    refused = master.Set("k", "v").status();
    return !refused.ok();
  }));
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_GT(master.status().back_pressure.refused.replicas, 0u);
  EXPECT_TRUE(
      absl::StrContains(refused.message(), "0 good replicas, 1 needed"));
  for (size_t i = 0; i < 3; ++i) {
    if (i != group.master_index()) group.Open(i);
  }
  EXPECT_TRUE(Eventually([&] { return master.Set("k", "v").ok(); }));
}

}  // namespace
}  // namespace vigil::test
