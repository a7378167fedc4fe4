// Election as a candidate: what it asks, when it waits, and how it loses. The voter's
// rules are in voter_test.cc, counting in ballot_test.cc.
#include "sentinel/election.h"

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Epoch kOne{1, {10}};
constexpr Election::Situation kOdown{.master_down = true, .odown = true};

class CandidateTest : public testing::Test {
 protected:
  // b's sentinel. The master, a, is down; b and c are formed.
  CandidateTest() {
    Learn(Master("a", kOne));
    topology_.Find("a")->sdown = true;
    Learn(Formed("b", {kOne, 5}));
    Learn(Formed("c", {kOne, 5}));
  }

  void Learn(const replication::MemberView& view) {
    topology_.Learn(*topology_.Find(view.name), view, At(0));
    election_.Saw(view.promise.number);
    outbox_.Take();
  }

  std::vector<Action> Advance(int64_t ms,
                              const Election::Situation& situation = kOdown) {
    election_.Advance(situation, At(ms));
    return outbox_.Take();
  }

  // Steps at every deadline until something is asked.
  std::vector<Action> AdvanceUntilAsked(int64_t from_ms) {
    MonoTime now = At(from_ms);
    for (int i = 0; i < 100; ++i) {
      election_.Advance(kOdown, now);
      std::vector<Action> actions = outbox_.Take();
      if (!Only<Ask>(actions).empty()) {
        asked_at_ = now;
        return actions;
      }
      now = election_.deadline();
    }
    return {};
  }

  void Answer(const std::string& from, uint64_t round, bool granted) {
    election_.OnReply(
        {from, round,
         VoteReply{.granted = granted, .voter = IdOf(from), .refusal = "no"}});
  }

  // Passes the pre-vote; returns the actions of the vote.
  std::vector<Action> BeginVote() {
    const uint64_t round = Only<Ask>(AdvanceUntilAsked(0)).at(0).round;
    Answer("c", round, true);
    election_.Advance(kOdown, asked_at_);
    return outbox_.Take();
  }

  Options options_ = OptionsFor("b");
  Outbox outbox_{options_};
  Topology topology_{options_, At(0)};
  Election election_{options_, {}, topology_, outbox_};
  MonoTime asked_at_;
};

TEST_F(CandidateTest, AsksForPreVotesAfterARandomDelay) {
  EXPECT_THAT(Advance(0), IsEmpty());
  EXPECT_GT(election_.deadline(), At(0));
  EXPECT_LE(election_.deadline(), At(50));
  const std::vector<Ask> asks = Only<Ask>(AdvanceUntilAsked(0));
  ASSERT_THAT(asks, SizeIs(2));
  const auto& request = std::get<VoteRequest>(asks[0].question.body);
  EXPECT_TRUE(request.pre);
  EXPECT_EQ(request.number, 2u);
  EXPECT_EQ(election_.voter().epoch(), 1u) << "nothing has changed";
}

TEST_F(CandidateTest, GivesUpTheDelayWhenTheMasterIsBack) {
  Advance(0);
  EXPECT_THAT(Advance(60, {.odown = false}), IsEmpty());
  EXPECT_FALSE(election_.active());
}

TEST_F(CandidateTest, SavesItsVoteBeforeItAsksForOthers) {
  const std::vector<Action> actions = BeginVote();
  bool saved = false;
  int asked = 0;
  for (const Action& action : actions) {
    if (std::holds_alternative<SaveState>(action)) saved = true;
    if (std::holds_alternative<Ask>(action)) {
      EXPECT_TRUE(saved);
      ++asked;
    }
  }
  EXPECT_EQ(asked, 2);
  EXPECT_THAT(
      Lines(actions),
      ElementsAre("+new-epoch 2", "+try-failover master a 127.0.0.1 7001",
                  "+vote-for-leader b 2"));
  const auto state =
      DecodePersistentState(Only<SaveState>(actions).at(0).bytes);
  EXPECT_EQ(state->vote, (Vote{2, IdOf("b")}));
}

TEST_F(CandidateTest, AMajorityWins) {
  const uint64_t round = Only<Ask>(BeginVote()).at(0).round;
  EXPECT_EQ(election_.TakeWin(), std::nullopt);
  Answer("c", round, true);
  election_.Advance(kOdown, asked_at_);
  EXPECT_THAT(Lines(outbox_.Take()),
              ElementsAre("+elected-leader b 2 votes 2 of 3 (needed 2): b c"));
  const auto win = election_.TakeWin();
  ASSERT_TRUE(win.has_value());
  EXPECT_EQ(win->epoch, (Epoch{2, IdOf("b")}));
  EXPECT_EQ(election_.TakeWin(), std::nullopt) << "once";
}

TEST_F(CandidateTest, ASplitVoteBacksOffAndTriesANewNumber) {
  const uint64_t round = Only<Ask>(BeginVote()).at(0).round;
  Answer("c", round, false);
  election_.OnFailure(
      {.to = "a", .topic = Topic::kVote, .round = round, .why = "gone"});
  election_.Advance(kOdown, asked_at_);
  EXPECT_THAT(
      Lines(outbox_.Take()),
      ElementsAre(
          "-failover-abort-not-elected epoch 2 votes 1 of 3 (needed 2): "
          "b; c: no; a: gone"));
  const MonoTime lost_at = asked_at_;
  const std::vector<Ask> asks = Only<Ask>(AdvanceUntilAsked(100));
  EXPECT_EQ(std::get<VoteRequest>(asks.at(0).question.body).number, 3u);
  EXPECT_GE(asked_at_ - lost_at, absl::Seconds(1));
  EXPECT_LE(asked_at_ - lost_at, absl::Milliseconds(1500 + 50));
}

TEST_F(CandidateTest, AVoteThatIsNotAnsweredTimesOut) {
  BeginVote();
  election_.Advance(kOdown, asked_at_ + absl::Milliseconds(999));
  EXPECT_THAT(Lines(outbox_.Take()), IsEmpty());
  election_.Advance(kOdown, asked_at_ + absl::Seconds(1));
  EXPECT_THAT(Lines(outbox_.Take()), SizeIs(1));
}

TEST_F(CandidateTest, ARefusedPreVoteIsAskedAgainSoonAndSaidOnce) {
  int said = 0;
  MonoTime last = At(0);
  for (int i = 0; i < 5; ++i) {
    const auto asks = Only<Ask>(AdvanceUntilAsked(last.ns / 1'000'000));
    ASSERT_THAT(asks, SizeIs(2));
    EXPECT_EQ(std::get<VoteRequest>(asks[0].question.body).number, 2u);
    Answer("a", asks[0].round, false);
    Answer("c", asks[0].round, false);
    election_.Advance(kOdown, asked_at_);
    said += static_cast<int>(Lines(outbox_.Take()).size());
    EXPECT_LE(asked_at_ - last, absl::Milliseconds(250 + 50));
    last = asked_at_;
  }
  EXPECT_EQ(said, 1);
}

TEST_F(CandidateTest, AnAnswerOfAnEarlierRoundDoesNotCount) {
  const uint64_t round = Only<Ask>(BeginVote()).at(0).round;
  Answer("c", round - 1, true);
  election_.Advance(kOdown, asked_at_);
  EXPECT_EQ(election_.TakeWin(), std::nullopt);
}

TEST_F(CandidateTest, WaitsWhileAnotherHasItsVote) {
  election_.Vote(
      {1, {"g", "c", IdOf("c"), VoteRequest{.pre = false, .number = 2}}},
      kOdown, At(0));
  outbox_.Take();
  Advance(1);
  EXPECT_EQ(election_.deadline(), At(500))
      << "down_after, for it to become leader";
  AdvanceUntilAsked(1);
  EXPECT_GE(asked_at_, At(500));
}

TEST_F(CandidateTest, WaitsWhileAPromiseIsUnused) {
  replication::MemberView fenced = Formed("c", {kOne, 5});
  fenced.promise = {2, IdOf("c")};
  Learn(fenced);
  Advance(10);
  EXPECT_EQ(election_.deadline(), At(510));
  // Its own promise that came to nothing binds nobody.
  fenced.promise = {2, IdOf("b")};
  Learn(fenced);
  Advance(20);
  EXPECT_LE(election_.deadline(), At(70));
}

TEST_F(CandidateTest, AsksForNothingThatCannotHelp) {
  replication::MemberView unformed = Formed("c", {kOne, 5});
  unformed.formed = false;
  Learn(unformed);
  EXPECT_THAT(
      Lines(Advance(0)),
      ElementsAre("-failover-abort-no-good-replica 1 formed of 2 present of 3; "
                  "needed: 2 formed, or all members"));
  EXPECT_THAT(Advance(1000), IsEmpty()) << "said once, and no epoch spent";
  Learn(Formed("c", {kOne, 5}));
  EXPECT_THAT(Only<Ask>(AdvanceUntilAsked(1001)), SizeIs(2))
      << "and then at once";
  EXPECT_LE(asked_at_, At(1051));
}

TEST_F(CandidateTest, NobodyIsCandidateInTilt) {
  EXPECT_THAT(Advance(0, {.odown = true, .trusted = false}), IsEmpty());
  EXPECT_EQ(election_.deadline(), MonoTime::InfiniteFuture());
}

TEST_F(CandidateTest, RetiredIsNoCandidate) {
  election_.Retire("disk full");
  EXPECT_THAT(Advance(0), IsEmpty());
  EXPECT_EQ(election_.deadline(), MonoTime::InfiniteFuture());
}

TEST(BackOff, DoublesToItsMaximumWithJitter) {
  Random random(3);
  BackOff back_off(absl::Seconds(1), absl::Seconds(3));
  for (const int seconds : {1, 2, 3, 3}) {
    const absl::Duration pause = back_off.Next(random);
    EXPECT_GE(pause, absl::Seconds(seconds));
    EXPECT_LE(pause, absl::Seconds(seconds) * 1.5);
  }
  back_off.Reset();
  EXPECT_LE(back_off.Next(random), absl::Milliseconds(1500));
}

}  // namespace
}  // namespace vigil::sentinel
