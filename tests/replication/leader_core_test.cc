#include "replication/leader_core.h"

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

Ack Held(uint64_t index, uint64_t epoch = 3) {
  return {.epoch = E(epoch), .held = index, .durable = index, .formed = true};
}

// Master "a" of epoch 3, whose first record is 20.
LeaderCore LeaderOf(int members) {
  return LeaderCore(Group(members), IdOf("a"), E(3), 20, At(0));
}

TEST(LeaderCore, CommitsWhatCMembersHold) {
  for (int n = 1; n <= 7; ++n) {
    LeaderCore leader = LeaderOf(n);
    const int needed = Group(n).commit_quorum();
    int holders = 1;
    EXPECT_EQ(leader.OnLocalHeld(21), needed == 1) << n;
    for (int i = 1; i < n; ++i) {
      const bool before = leader.commit() == 21;
      const std::string name(1, static_cast<char>('a' + i));
      const bool moved = leader.OnAck(IdOf(name), Held(21), At(1));
      ++holders;
      EXPECT_EQ(leader.commit(), holders >= needed ? 21u : 0u) << n;
      EXPECT_EQ(moved, !before && holders >= needed) << n;
    }
  }
}

TEST(LeaderCore, CountsItselfOnlyForWhatItHandedToTheOperatingSystem) {
  LeaderCore leader = LeaderOf(3);
  EXPECT_FALSE(leader.OnAck(IdOf("b"), Held(25), At(1)));
  EXPECT_EQ(leader.commit(), 0u);
  EXPECT_TRUE(leader.OnLocalHeld(22));
  EXPECT_EQ(leader.commit(), 22u);
}

TEST(LeaderCore, CommitsWithoutItselfWhatTwoOthersHold) {
  LeaderCore leader = LeaderOf(3);
  leader.OnAck(IdOf("b"), Held(25), At(1));
  EXPECT_TRUE(leader.OnAck(IdOf("c"), Held(24), At(1)));
  EXPECT_EQ(leader.commit(), 24u);
}

TEST(LeaderCore, RecordsOfOlderEpochsCommitOnlyWithTheFirstOfThisOne) {
  LeaderCore leader = LeaderOf(3);
  leader.OnLocalHeld(19);
  leader.OnAck(IdOf("b"), Held(19), At(1));
  leader.OnAck(IdOf("c"), Held(19), At(1));
  EXPECT_EQ(leader.commit(), 0u);
  leader.OnLocalHeld(20);
  EXPECT_TRUE(leader.OnAck(IdOf("b"), Held(20), At(1)));
  EXPECT_EQ(leader.commit(), 20u);
}

TEST(LeaderCore, OnlyAcknowledgementsThatCountAreCounted) {
  struct Case {
    const char* why;
    NodeId from;
    Ack ack;
  };
  Ack unformed = Held(25);
  unformed.formed = false;
  Ack other_leader = Held(25);
  other_leader.epoch = E(3, NodeId{1});
  for (const Case& c : {Case{"of an older epoch", IdOf("b"), Held(25, 2)},
                        Case{"of a newer epoch", IdOf("b"), Held(25, 4)},
                        Case{"of another leader", IdOf("b"), other_leader},
                        Case{"not formed", IdOf("b"), unformed},
                        Case{"not a member", NodeId{99}, Held(25)},
                        Case{"its own", IdOf("a"), Held(25)}}) {
    LeaderCore leader = LeaderOf(3);
    leader.OnLocalHeld(25);
    EXPECT_FALSE(leader.OnAck(c.from, c.ack, At(1))) << c.why;
    EXPECT_EQ(leader.commit(), 0u) << c.why;
  }
}

TEST(LeaderCore, WhatWasHeldOrCommittedNeverFalls) {
  LeaderCore leader = LeaderOf(3);
  leader.OnLocalHeld(25);
  leader.OnAck(IdOf("b"), Held(25), At(1));
  EXPECT_FALSE(leader.OnAck(IdOf("b"), Held(22), At(2)));
  EXPECT_FALSE(leader.OnLocalHeld(22));
  EXPECT_EQ(leader.commit(), 25u);
  EXPECT_EQ(leader.replicas().at(IdOf("b")).held, 25u);
}

TEST(LeaderCore, TellsHowManyReplicasHoldWhat) {
  LeaderCore leader = LeaderOf(4);
  leader.OnAck(IdOf("b"), Held(12), At(1));
  leader.OnAck(IdOf("c"), Held(25), At(1));
  const CommitPoint& at = leader.commit_point();
  EXPECT_EQ(at.epoch, E(3));
  EXPECT_EQ(at.replicas, 3);
  EXPECT_EQ(at.held_by, (decltype(at.held_by){25, 12, 0}));
  EXPECT_EQ(at.index, 0u) << "the master's own part is missing";
}

TEST(LeaderCore, SyncedByAQuorumIsWhatCMembersHaveSynced) {
  LeaderCore leader = LeaderOf(3);
  leader.OnLocalHeld(25);
  Ack ack = Held(25);
  ack.durable = 22;
  leader.OnAck(IdOf("b"), ack, At(1));
  EXPECT_EQ(leader.commit_point().index, 25u);
  EXPECT_EQ(leader.commit_point().durable, 0u) << "the master has not synced";
  leader.OnLocalDurable(19);
  EXPECT_EQ(leader.commit_point().durable, 0u) << "of an older epoch";
  leader.OnLocalDurable(24);
  EXPECT_EQ(leader.commit_point().durable, 22u);
  leader.OnAck(IdOf("c"), Held(23), At(2));
  EXPECT_EQ(leader.commit_point().durable, 23u);
  ack.durable = 10;
  leader.OnAck(IdOf("c"), ack, At(3));
  EXPECT_EQ(leader.commit_point().durable, 23u) << "never back";
}

TEST(LeaderCore, TwoOthersHaveSyncedWithoutTheMaster) {
  LeaderCore leader = LeaderOf(3);
  leader.OnAck(IdOf("b"), Held(25), At(1));
  leader.OnAck(IdOf("c"), Held(24), At(1));
  EXPECT_EQ(leader.commit_point().durable, 24u);
}

TEST(LeaderCore, KnowsWhatOfItsEpochIsNotCommitted) {
  LeaderCore leader(Group(3), IdOf("a"), E(3), 20, At(0), /*bytes=*/500);
  EXPECT_EQ(leader.unreplicated().index, 19u);
  leader.OnAppended(22, 560, At(1));
  EXPECT_EQ(leader.unreplicated(), (UnreplicatedFrom{19, 500, At(1)}));
  leader.OnLocalHeld(22);
  leader.OnAck(IdOf("b"), Held(21), At(2));
  EXPECT_EQ(leader.unreplicated(), (UnreplicatedFrom{21, 500, At(1)}));
  leader.OnAck(IdOf("b"), Held(22), At(2));
  EXPECT_EQ(leader.unreplicated().index, 22u);
  EXPECT_EQ(leader.unreplicated().bytes, 560u);
}

TEST(LeaderCore, AGoodReplicaIsLinkedPastItsSyncAndHeardOf) {
  constexpr absl::Duration kLag = absl::Seconds(10);
  LeaderCore leader = LeaderOf(3);
  EXPECT_EQ(leader.GoodReplicas(At(1), kLag), 0);
  leader.OnLinked(IdOf("b"), At(1));
  Ack syncing = Held(20);
  syncing.formed = false;
  leader.OnAck(IdOf("b"), syncing, At(2));
  EXPECT_EQ(leader.GoodReplicas(At(2), kLag), 0);
  leader.OnAck(IdOf("b"), Held(20), At(3));
  EXPECT_EQ(leader.GoodReplicas(At(10003), kLag), 1);
  EXPECT_EQ(leader.GoodReplicas(At(10004), kLag), 0) << "silent";
  leader.OnUnlinked(IdOf("b"));
  EXPECT_EQ(leader.GoodReplicas(At(3), kLag), 0) << "its stream is down";
  leader.OnLinked(IdOf("b"), At(5));
  EXPECT_EQ(leader.GoodReplicas(At(5), kLag), 0) << "it may have to sync";
}

TEST(LeaderCore, ANewMasterHasTimeToGetItsReplicasOnce) {
  constexpr absl::Duration kLag = absl::Seconds(10);
  EXPECT_FALSE(LeaderOf(3).LacksReplicas(0, kLag, At(1 << 30)));
  LeaderCore leader = LeaderOf(3);
  EXPECT_FALSE(leader.LacksReplicas(1, kLag, At(10000)));
  EXPECT_TRUE(leader.LacksReplicas(1, kLag, At(10001)));
  leader.OnLinked(IdOf("b"), At(10002));
  leader.OnAck(IdOf("b"), Held(20), At(10002));
  EXPECT_FALSE(leader.LacksReplicas(1, kLag, At(10002)));
  EXPECT_TRUE(leader.LacksReplicas(2, kLag, At(10002)));

  LeaderCore quick = LeaderOf(3);
  quick.OnLinked(IdOf("b"), At(5));
  quick.OnAck(IdOf("b"), Held(20), At(5));
  EXPECT_FALSE(quick.LacksReplicas(1, kLag, At(6)));
  quick.OnUnlinked(IdOf("b"));
  EXPECT_TRUE(quick.LacksReplicas(1, kLag, At(7))) << "the time is used up";
}

TEST(LeaderCore, IsIsolatedWhenFewerThanCGiveSignsOfLife) {
  constexpr absl::Duration kTimeout = absl::Milliseconds(500);
  LeaderCore leader = LeaderOf(5);
  EXPECT_FALSE(leader.IsIsolated(At(500), kTimeout)) << "it has just begun";
  EXPECT_TRUE(leader.IsIsolated(At(501), kTimeout));
  leader.OnLinked(IdOf("b"), At(600));
  EXPECT_TRUE(leader.IsIsolated(At(700), kTimeout));
  Ack unformed = Held(0);
  unformed.formed = false;
  leader.OnAck(IdOf("c"), unformed, At(700));
  EXPECT_FALSE(leader.IsIsolated(At(700), kTimeout)) << "a sign is a sign";
  EXPECT_TRUE(leader.IsIsolated(At(1101), kTimeout)) << "b is silent again";
}

TEST(LeaderCore, OneAloneIsNeverIsolated) {
  EXPECT_FALSE(LeaderOf(1).IsIsolated(At(1 << 30), absl::Milliseconds(1)));
}

TEST(LeaderCore, KnowsWhoIsLinked) {
  LeaderCore leader = LeaderOf(3);
  leader.OnLinked(IdOf("b"), At(1));
  EXPECT_TRUE(leader.replicas().at(IdOf("b")).linked);
  leader.OnUnlinked(IdOf("b"));
  EXPECT_FALSE(leader.replicas().at(IdOf("b")).linked);
  EXPECT_EQ(leader.replicas().size(), 2u);
}

TEST(LeaderCore, ANewcomerIsWatchedWhileItFollowsAndCountsForNothing) {
  LeaderCore leader = LeaderOf(3);
  const NodeId newcomer{99};
  leader.OnLocalHeld(25);
  leader.OnLinked(newcomer, At(1));
  EXPECT_FALSE(leader.OnAck(newcomer, Held(25), At(1)));
  EXPECT_EQ(leader.commit(), 0u);
  EXPECT_EQ(leader.replicas().at(newcomer).held, 25u);
  EXPECT_EQ(leader.GoodReplicas(At(1), absl::Seconds(1)), 0);
  EXPECT_EQ(leader.commit_point().held_by[0], 0u);
  EXPECT_EQ(leader.commit_point().replicas, 2);
  EXPECT_TRUE(leader.IsIsolated(At(10'000), absl::Seconds(1)));
  leader.OnUnlinked(newcomer);
  EXPECT_FALSE(leader.replicas().contains(newcomer));
}

// --- Changes of members

Configuration Joint(int before, int after) {
  Configuration joint = Group(after);
  joint.before = Group(before).members;
  joint.version = 2;
  return joint;
}

TEST(LeaderCore, DuringAChangeItTakesAQuorumOfBoth) {
  LeaderCore leader = LeaderOf(1);
  leader.OnLocalHeld(21);
  EXPECT_EQ(leader.commit(), 21u);
  leader.SetConfiguration(Joint(1, 3), At(1));
  leader.OnLocalHeld(25);
  EXPECT_EQ(leader.commit(), 21u) << "one of three";
  EXPECT_TRUE(leader.OnAck(IdOf("c"), Held(24), At(1)));
  EXPECT_EQ(leader.commit(), 24u);

  LeaderCore shrinking = LeaderOf(3);
  shrinking.SetConfiguration(Joint(3, 1), At(1));
  shrinking.OnLocalHeld(25);
  EXPECT_EQ(shrinking.commit(), 0u) << "of the three before, one";
  EXPECT_TRUE(shrinking.IsIsolated(At(10'000), absl::Seconds(1)));
  EXPECT_TRUE(shrinking.OnAck(IdOf("b"), Held(25), At(9'999)));
  EXPECT_FALSE(shrinking.IsIsolated(At(10'000), absl::Seconds(1)));
}

TEST(LeaderCore, WhatANewcomerHasAcknowledgedCountsWhenItIsNamed) {
  LeaderCore leader = LeaderOf(1);
  leader.OnLinked(IdOf("b"), At(1));
  leader.OnAck(IdOf("b"), Held(30), At(1));
  Configuration pair = Group(2);
  EXPECT_FALSE(leader.SetConfiguration(pair, At(2)));
  EXPECT_TRUE(leader.OnLocalHeld(28));
  EXPECT_EQ(leader.commit(), 28u);
}

TEST(LeaderCore, AMasterThatIsNoMemberDoesNotCountItself) {
  LeaderCore leader = LeaderOf(3);
  Configuration others = Group(3);
  others.members.erase(others.members.begin());
  leader.SetConfiguration(others, At(1));
  leader.OnLocalHeld(25);
  leader.OnAck(IdOf("b"), Held(25), At(1));
  EXPECT_EQ(leader.commit(), 0u);
  leader.OnAck(IdOf("c"), Held(23), At(1));
  EXPECT_EQ(leader.commit(), 23u);
}

TEST(LeaderCore, ARoundThatIsUnderWayNeedsTheQuorumOfTheChange) {
  LeaderCore leader = LeaderOf(3);
  const uint64_t round = leader.reads().Ask(kOwnReads, 1, 20);
  leader.SetConfiguration(Joint(3, 5), At(1));
  Ack echo = Held(20);
  echo.round = round;
  leader.OnAck(IdOf("b"), echo, At(1));
  EXPECT_TRUE(leader.reads().TakeConfirmed().empty()) << "two of five";
  leader.OnAck(IdOf("e"), echo, At(1));
  EXPECT_EQ(leader.reads().TakeConfirmed().size(), 1u);
}

}  // namespace
}  // namespace vigil::replication
