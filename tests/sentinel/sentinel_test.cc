// The coordinator: who is let in, what goes where, what is dropped. Conversations are in
// the scripts.
#include "sentinel/sentinel.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

using replication::FenceRequest;
using replication::MemberView;
using replication::PromoteRequest;
using replication::ReplicaOfRequest;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr Epoch kOne{1, {10}};
constexpr Epoch kTwo{2, {11}};

class SentinelTest : public testing::Test {
 protected:
  std::vector<Action> Step(const Event& event, int64_t ms) {
    return sentinel_.Step(event, own_, At(ms));
  }
  std::vector<Action> Ask(const Question& question, int64_t ms = 1) {
    return Step(QuestionAsked{1, question}, ms);
  }
  static Question From(const std::string& name, Question::Body body) {
    return {"g", name, IdOf(name), std::move(body)};
  }
  // Answers the newest ping to `view.name`.
  std::vector<Action> Pong(const MemberView& view, int64_t ms) {
    return Step(
        Answered{view.name, pings_.at(view.name), vigil::sentinel::Pong{view}},
        ms);
  }
  // Lets time pass and remembers the pings that it brings.
  std::vector<Action> Pass(int64_t ms) {
    std::vector<Action> actions = Step(TimePassed{}, ms);
    for (const auto& ask : Only<vigil::sentinel::Ask>(actions)) {
      if (std::holds_alternative<Ping>(ask.question.body))
        pings_[ask.to] = ask.round;
    }
    return actions;
  }

  MemberView own_ = Formed("a", {kOne, 5});
  Sentinel sentinel_{OptionsFor("a"), {}, At(0)};
  std::map<std::string, uint64_t> pings_;
};

TEST_F(SentinelTest, PingsEveryPeerEveryPeriod) {
  EXPECT_THAT(Only<vigil::sentinel::Ask>(Pass(0)), SizeIs(2));
  EXPECT_THAT(Only<vigil::sentinel::Ask>(Pass(124)), IsEmpty());
  EXPECT_EQ(sentinel_.wake(), At(125));
  EXPECT_THAT(Only<vigil::sentinel::Ask>(Pass(125)), SizeIs(2));
}

TEST_F(SentinelTest, AnswersAPingWithItsMember) {
  const auto replies = Only<Reply>(Ask(From("b", Ping{})));
  ASSERT_THAT(replies, SizeIs(1));
  ASSERT_TRUE(replies[0].answer.ok());
  EXPECT_EQ(std::get<vigil::sentinel::Pong>(*replies[0].answer).view.position,
            own_.position);
}

TEST_F(SentinelTest, ANewcomerIsAnsweredAndNotHeard) {
  const auto actions = Ask({"g", "x", {99}, Ping{.epoch = 77, .joins = true}});
  const auto replies = Only<Reply>(actions);
  ASSERT_THAT(replies, SizeIs(1));
  ASSERT_TRUE(replies[0].answer.ok());
  EXPECT_EQ(std::get<vigil::sentinel::Pong>(*replies[0].answer)
                .view.configuration.members.size(),
            3u);
  EXPECT_LT(sentinel_.status(At(1)).epoch, 77u);
  EXPECT_TRUE(absl::IsPermissionDenied(
      Only<Reply>(Ask({"g", "x", {99}, VoteRequest{.number = 2}}))[0]
          .answer.status()));
}

TEST(SentinelOfANewcomer, AsksWhomItWasToldOfAndThenTheMembers) {
  Options options = OptionsFor("d");
  options.members.clear();
  options.address = "d:1";
  options.join = {"b:1"};
  Sentinel sentinel(options, {}, At(0));
  const MemberView own = Empty("d");
  auto asks =
      Only<vigil::sentinel::Ask>(sentinel.Step(TimePassed{}, own, At(0)));
  ASSERT_THAT(asks, SizeIs(1));
  EXPECT_EQ(asks[0].address, "b:1");
  EXPECT_TRUE(std::get<Ping>(asks[0].question.body).joins);
  EXPECT_NE(sentinel.status(At(0)).obstacle, "");
  sentinel.Step(Answered{asks[0].to, asks[0].round,
                         vigil::sentinel::Pong{Formed("b", {kOne, 5})}},
                own, At(10));
  asks = Only<vigil::sentinel::Ask>(sentinel.Step(TimePassed{}, own, At(11)));
  ASSERT_THAT(asks, SizeIs(3)) << "a, b and c";
  for (const auto& ask : asks) {
    EXPECT_TRUE(std::get<Ping>(ask.question.body).joins);
  }
  EXPECT_EQ(sentinel.status(At(11)).obstacle, "");
}

struct StrangerRow {
  Question question;
  const char* why;
};

TEST_F(SentinelTest, StrangersAreRefusedAndReportedOnce) {
  const StrangerRow rows[] = {
      {{"other", "b", IdOf("b"), Ping{}}, "another group"},
      {{"g", "b", IdOf("b"), Ping{}, {{"databases", "32"}}},
       "differs in an option of the group"},
      {{"g", "x", {99}, Ping{}}, "no member"},
      {{"g", "a", IdOf("a"), Ping{}}, "this node itself"},
      {From("c", FenceRequest{kTwo}), "fences for an epoch that b leads"},
      {From("c", PromoteRequest{.epoch = kTwo}), "promotes for it"},
      {From("c", ReplicaOfRequest{.epoch = kTwo}), "repoints for it"},
  };
  for (const StrangerRow& row : rows) {
    const auto actions = Ask(row.question);
    const auto replies = Only<Reply>(actions);
    ASSERT_THAT(replies, SizeIs(1)) << row.why;
    EXPECT_TRUE(absl::IsPermissionDenied(replies[0].answer.status()))
        << row.why;
    EXPECT_THAT(Only<PassToMember>(actions), IsEmpty()) << row.why;
    EXPECT_THAT(Lines(Ask(row.question)),
                Not(Contains(StartsWith("-stranger"))))
        << row.why << ": said once";
  }
  int reported = 0;
  for (int i = 0; i < 100; ++i) {
    const auto lines = Lines(Ask({"g", "x" + std::to_string(i), {99}, Ping{}}));
    reported += static_cast<int>(lines.size());
  }
  EXPECT_LT(reported, 20)
      << "a stranger cannot fill the log with made-up names";
}

TEST_F(SentinelTest, OneThatDoesNotLetUsInIsToldOnceAndNotTakenForDead) {
  const auto refused = [&](int64_t ms) {
    return Step(AskFailed{"b", Topic::kPing, pings_.at("b"),
                          Failure::kUnwelcome, "b:1 refused this node: no"},
                ms);
  };
  Pass(0);
  Pong(Formed("b", {kOne, 5}), 1);
  int told = 0;
  for (int64_t ms = 125; ms <= 250; ms += 125) {
    Pass(ms);
    for (const std::string& line : Lines(refused(ms + 1))) {
      EXPECT_THAT(line, testing::EndsWith("b:1 refused this node: no"));
      EXPECT_THAT(line, StartsWith("-unwelcome"));
      ++told;
    }
  }
  EXPECT_EQ(told, 1);
  const PeerStatus b = sentinel_.status(At(252)).peers[0];
  EXPECT_EQ(b.refusal, "b:1 refused this node: no");
  EXPECT_FALSE(b.sdown) << "it is there";
  Pass(375);
  Pong(Formed("b", {kOne, 5}), 376);
  EXPECT_EQ(sentinel_.status(At(377)).peers[0].refusal, "");
}

TEST_F(SentinelTest, ALeadersWordsGoToTheMember) {
  for (const Question::Body& body :
       {Question::Body(FenceRequest{kTwo}),
        Question::Body(PromoteRequest{.epoch = kTwo}),
        Question::Body(ReplicaOfRequest{.epoch = kTwo})}) {
    EXPECT_THAT(Only<PassToMember>(Ask(From("b", body))), SizeIs(1));
  }
}

TEST_F(SentinelTest, AVoteIsSavedBeforeItIsAnswered) {
  const auto actions = Ask(From("b", VoteRequest{.pre = false, .number = 2}));
  size_t saved = actions.size();
  size_t replied = 0;
  for (size_t i = 0; i < actions.size(); ++i) {
    if (std::holds_alternative<SaveState>(actions[i])) saved = i;
    if (std::holds_alternative<Reply>(actions[i])) replied = i;
  }
  EXPECT_LT(saved, replied);
}

TEST_F(SentinelTest, AfterAFailedSaveNoVoteIsGiven) {
  EXPECT_THAT(Lines(Step(SaveFailed{"disk full"}, 1)),
              Contains("-state-not-saved a votes no more: disk full"));
  const auto replies =
      Only<Reply>(Ask(From("b", VoteRequest{.pre = false, .number = 2})));
  EXPECT_FALSE(std::get<VoteReply>(*replies.at(0).answer).granted);
}

TEST_F(SentinelTest, RepointsItsOwnMember) {
  Pass(0);
  Pong(Formed("c", {kOne, 5}), 1);
  Pong(Master("b", kTwo), 1);
  EXPECT_THAT(Lines(Pass(100)), IsEmpty())
      << "the leader's word may be on its way";
  const auto actions = Pass(130);
  EXPECT_THAT(Lines(actions),
              Contains(StartsWith("+fix-replica-config replica a")));
  const auto asks = Only<vigil::sentinel::Ask>(actions);
  ASSERT_THAT(asks, Not(IsEmpty()));
  EXPECT_EQ(asks[0].to, "a");
  const auto& follow = std::get<ReplicaOfRequest>(asks[0].question.body);
  EXPECT_EQ(follow.epoch, kTwo);
  EXPECT_EQ(follow.master_name, "b");
  EXPECT_EQ(follow.master_id, IdOf("b"));

  own_.epoch = kTwo;
  own_.promise = kTwo;
  own_.master = "b";
  EXPECT_THAT(Lines(Pass(300)), IsEmpty()) << "it follows";
}

TEST_F(SentinelTest, AMasterOfAnOldEpochIsConvertedAtOnce) {
  own_ = Master("a", kOne);
  Pass(0);
  Pong(Formed("c", {kTwo, 6}), 1);
  EXPECT_THAT(Lines(Pong(Master("b", kTwo), 1)),
              Contains(StartsWith("+convert-to-replica")));
}

TEST_F(SentinelTest, AnOldPongDoesNotUndoWhatAFenceSaid) {
  Pass(0);
  Pong(Formed("c", {kOne, 5}), 1);
  Pong(Formed("b", {kOne, 5}), 1);
  Pass(125);  // asked before the fence...
  MemberView fenced = Formed("b", {kOne, 5});
  fenced.promise = kTwo;
  Step(Answered{"b", 2, replication::FenceReply{true, fenced}}, 130);
  Pong(Formed("b", {kOne, 5}), 131);  // ...and answered after it
  const auto lines = Lines(Pong(Master("c", kOne), 132));
  EXPECT_THAT(lines, Not(Contains(StartsWith("+switch-master"))))
      << "c is not master as long as b has promised more";
}

TEST_F(SentinelTest, AnotherNodeAtAPeersAddressIsNoAnswer) {
  Pass(0);
  MemberView other = Formed("c", {kOne, 5});
  Step(Answered{"b", pings_["b"], vigil::sentinel::Pong{other}}, 1);
  EXPECT_THAT(Lines(Pass(125)), IsEmpty());
  Pass(250);
  Pass(375);
  EXPECT_THAT(Lines(Pass(500)), Contains(StartsWith("+sdown replica b")));
}

TEST_F(SentinelTest, AStallSuspectsNobody) {
  Pass(0);
  Pong(Formed("b", {kOne, 5}), 1);
  Pong(Formed("c", {kOne, 5}), 1);
  const auto lines = Lines(Pass(5000));
  EXPECT_THAT(lines, Contains(StartsWith("+tilt stood still for 4.874s")));
  EXPECT_THAT(lines, Not(Contains(StartsWith("+sdown"))));
  EXPECT_TRUE(sentinel_.status(At(5000)).tilt);
  Pong(Formed("b", {kOne, 5}), 5001);
  EXPECT_THAT(Lines(Pong(Formed("c", {kOne, 5}), 5001)),
              Contains(StartsWith("-tilt")));
}

TEST_F(SentinelTest, SameInputsSameActions) {
  const auto play = [] {
    Sentinel sentinel(OptionsFor("a"), {}, At(0));
    std::vector<std::string> lines;
    const MemberView own = Formed("a", {kOne, 5});
    for (int64_t ms = 0; ms < 5000; ms += 25) {
      const auto actions = sentinel.Step(TimePassed{}, own, At(ms));
      for (const std::string& line : Lines(actions)) lines.push_back(line);
      lines.push_back(std::to_string(actions.size()));
    }
    return lines;
  };
  EXPECT_EQ(play(), play());
}

TEST(SentinelOptions, ErrorsNameTheOptionTheValueAndTheRange) {
  Options options = OptionsFor("a");
  EXPECT_TRUE(options.Validate().ok());
  options.quorum = 4;
  EXPECT_EQ(options.Validate().message(),
            "quorum is 4; range: 0 to 3, the number of members");
  options = OptionsFor("x");
  EXPECT_EQ(options.Validate().message(),
            "name is \"x\", which is not one of members");
  options = OptionsFor("a");
  options.down_after = absl::Milliseconds(49);
  EXPECT_EQ(options.Validate().message(),
            "down_after is 49ms; range: 50ms to 1h");
  options = OptionsFor("a");
  options.failover_timeout = absl::Milliseconds(499);
  EXPECT_EQ(options.Validate().message(),
            "failover_timeout is 499ms; range: down_after to 1h");
}

}  // namespace
}  // namespace vigil::sentinel
