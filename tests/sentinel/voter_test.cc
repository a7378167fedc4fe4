#include "sentinel/voter.h"

#include <vector>

#include "gtest/gtest.h"

namespace vigil::sentinel {
namespace {

constexpr NodeId kLow{1};
constexpr NodeId kMe{5};
constexpr NodeId kOther{8};

Voter AfterVote(uint64_t number, NodeId candidate) {
  return Voter(kMe, {.owner = kMe,
                     .epoch = number,
                     .vote = {.number = number, .candidate = candidate}});
}

TEST(Election, OneVotePerEpoch) {
  Voter voter(kMe, {});
  const auto first = voter.Judge({.pre = false, .number = 3}, kOther, {});
  EXPECT_TRUE(first.reply.granted);
  EXPECT_TRUE(first.must_save);
  EXPECT_EQ(first.reply.voter, kMe);
  EXPECT_EQ(voter.state().vote, (Vote{3, kOther}));

  EXPECT_FALSE(
      voter.Judge({.pre = false, .number = 3}, kLow, {}).reply.granted);
  const auto again = voter.Judge({.pre = false, .number = 3}, kOther, {});
  EXPECT_TRUE(again.reply.granted) << "the first answer may have been lost";
  EXPECT_FALSE(again.must_save);
  EXPECT_FALSE(
      voter.Judge({.pre = false, .number = 2}, kLow, {}).reply.granted);
  EXPECT_TRUE(voter.Judge({.pre = false, .number = 4}, kLow, {}).reply.granted);
}

TEST(Election, SecondVoteInSameEpochIsRefusedAfterRestart) {
  Voter voter = AfterVote(3, kOther);
  const auto verdict = voter.Judge({.pre = false, .number = 3}, kLow, {});
  EXPECT_FALSE(verdict.reply.granted);
  EXPECT_EQ(verdict.reply.refusal, "voted for 0000000000000008");
}

TEST(Election, ACandidateBehindTheEpochSeenIsRefusedAndTold) {
  Voter voter(kMe, {});
  voter.Saw(6);
  const auto behind = voter.Judge({.pre = false, .number = 5}, kOther, {});
  EXPECT_FALSE(behind.reply.granted);
  EXPECT_EQ(behind.reply.epoch, 6u);
  // Its own ping may have told of the number that it now asks a vote for.
  EXPECT_TRUE(
      voter.Judge({.pre = false, .number = 6}, kOther, {}).reply.granted);
}

struct PreRow {
  Voter::Circumstances now;
  NodeId candidate;
  bool granted;
  const char* why;
};

TEST(Election, PreVoteTable) {
  const std::vector<PreRow> rows = {
      {{.master_down = true}, kOther, true, "the voter misses the master, too"},
      {{.master_down = false}, kOther, false, "it sees one"},
      {{.master_down = true, .leads = true}, kLow, false, "it leads itself"},
      {{.master_down = true, .pre_candidate = true},
       kLow,
       true,
       "the lower id goes first"},
      {{.master_down = true, .pre_candidate = true},
       kOther,
       false,
       "so this one waits"},
      {{.voter_is_member = false, .master_down = true},
       kOther,
       false,
       "no voter"},
      {{.candidate_is_member = false, .master_down = true},
       kOther,
       false,
       "no member"},
  };
  for (const PreRow& row : rows) {
    Voter voter(kMe, {});
    const auto verdict =
        voter.Judge({.pre = true, .number = 1}, row.candidate, row.now);
    EXPECT_EQ(verdict.reply.granted, row.granted) << row.why;
    EXPECT_FALSE(verdict.must_save) << row.why;
    EXPECT_EQ(voter.state().vote, Vote{}) << row.why;
    EXPECT_EQ(voter.epoch(), 0u) << row.why;
  }
}

TEST(Election, AVoteIsGivenEvenByOneThatSeesTheMaster) {
  // The majority of pre-votes has decided that; a number once raised cannot be taken
  // back, so refusing here would only lose it.
  Voter voter(kMe, {});
  EXPECT_TRUE(
      voter.Judge({.pre = false, .number = 1}, kOther, {.master_down = false})
          .reply.granted);
}

TEST(Election, ARetiredVoterRefuses) {
  Voter voter(kMe, {});
  voter.Retire("disk full");
  const auto verdict = voter.Judge({.pre = false, .number = 1}, kOther, {});
  EXPECT_FALSE(verdict.reply.granted);
  EXPECT_EQ(verdict.reply.refusal, "no voter: disk full");
}

TEST(Election, TheOwnVoteTakesANewNumber) {
  Voter voter = AfterVote(3, kOther);
  voter.Saw(7);
  EXPECT_EQ(voter.VoteForSelf(), 8u);
  EXPECT_EQ(voter.state().vote, (Vote{8, kMe}));
  EXPECT_FALSE(
      voter.Judge({.pre = false, .number = 8}, kLow, {}).reply.granted);
}

}  // namespace
}  // namespace vigil::sentinel
