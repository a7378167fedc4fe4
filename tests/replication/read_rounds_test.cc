#include "replication/read_rounds.h"

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

constexpr LinkId kReplica = 7;

std::vector<uint64_t> Taken(ReadRounds& rounds, LinkId reader = kOwnReads) {
  std::vector<uint64_t> reads;
  for (const auto& answer : rounds.TakeConfirmed())
    if (answer.reader == reader) reads.push_back(answer.read);
  return reads;
}

ReadRounds Of(int members) { return {Group(members), IdOf("a")}; }

TEST(ReadRounds, AReadWaitsForAQuorumOfEchoes) {
  ReadRounds rounds = Of(5);
  const uint64_t round = rounds.Ask(kOwnReads, 1, 100);
  EXPECT_GT(round, 0u);
  EXPECT_TRUE(rounds.TakeConfirmed().empty());
  rounds.OnEcho(IdOf("b"), round);
  rounds.OnEcho(IdOf("b"), round);
  EXPECT_TRUE(rounds.TakeConfirmed().empty()) << "one member, twice";
  rounds.OnEcho(IdOf("c"), round);
  const auto answers = rounds.TakeConfirmed();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].index, 100u);
  EXPECT_TRUE(rounds.TakeConfirmed().empty()) << "once";
}

TEST(ReadRounds, AReadIsNotAnsweredByARoundThatBeganBeforeIt) {
  ReadRounds rounds = Of(3);
  const uint64_t first = rounds.Ask(kOwnReads, 1, 100);
  const uint64_t second = rounds.Ask(kOwnReads, 2, 120);
  rounds.OnEcho(IdOf("b"), first);
  EXPECT_EQ(Taken(rounds), std::vector<uint64_t>{1});
  rounds.OnEcho(IdOf("b"), second);
  EXPECT_EQ(Taken(rounds), std::vector<uint64_t>{2});
}

TEST(ReadRounds, OneRoundServesAllThatWait) {
  ReadRounds rounds = Of(3);
  rounds.Ask(kOwnReads, 1, 100);
  rounds.Ask(kReplica, 1, 100);
  const uint64_t last = rounds.Ask(9, 1, 101);
  rounds.OnEcho(IdOf("c"), last);
  EXPECT_EQ(rounds.TakeConfirmed().size(), 3u);
}

TEST(ReadRounds, AMasterAloneNeedsNobody) {
  ReadRounds rounds = Of(1);
  rounds.Ask(kOwnReads, 1, 5);
  EXPECT_EQ(Taken(rounds), std::vector<uint64_t>{1});
}

TEST(ReadRounds, WhatWasAskedForBeforeBeginsNoRound) {
  ReadRounds rounds = Of(3);
  EXPECT_EQ(rounds.Ask(kReplica, 0, 100), 0u) << "no read at all";
  EXPECT_GT(rounds.Ask(kReplica, 3, 100), 0u);
  EXPECT_EQ(rounds.Ask(kReplica, 3, 100), 0u);
  EXPECT_EQ(rounds.Ask(kReplica, 2, 100), 0u);
}

TEST(ReadRounds, AnEchoOfARoundThatNeverBeganCountsNeitherNowNorLater) {
  ReadRounds rounds = Of(3);
  rounds.OnEcho(IdOf("b"), 3);
  for (uint64_t read = 1; read <= 3; ++read) rounds.Ask(kOwnReads, read, 100);
  EXPECT_TRUE(rounds.TakeConfirmed().empty());
}

TEST(ReadRounds, WhatAReplicaMayHaveWaitingIsBoundedAndNeverStarves) {
  ReadRounds rounds = Of(3);
  const uint64_t first = rounds.Ask(kReplica, 1, 100);
  uint64_t last = 0;
  for (uint64_t read = 2; read <= 50; ++read)
    last = rounds.Ask(kReplica, read, 100 + read);
  rounds.OnEcho(IdOf("b"), first);
  EXPECT_EQ(Taken(rounds, kReplica), std::vector<uint64_t>{1});
  rounds.OnEcho(IdOf("b"), last);
  const auto answers = rounds.TakeConfirmed();
  ASSERT_EQ(answers.size(), 1u) << "the newest stands for those before";
  EXPECT_EQ(answers[0].read, 50u);
  EXPECT_EQ(answers[0].index, 150u);
}

TEST(ReadRounds, ALostReplicaIsForgotten) {
  ReadRounds rounds = Of(3);
  const uint64_t round = rounds.Ask(kReplica, 1, 100);
  rounds.Forget(kReplica);
  rounds.OnEcho(IdOf("b"), round);
  EXPECT_TRUE(rounds.TakeConfirmed().empty());
}

}  // namespace
}  // namespace vigil::replication
