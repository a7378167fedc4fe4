// The leader's steps and every way to abort them. What it chooses is in
// replica_selection_test.cc.
#include "sentinel/failover.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

using replication::FenceReply;
using replication::FenceRequest;
using replication::PromoteReply;
using replication::PromoteRequest;
using replication::ReplicaOfReply;
using replication::ReplicaOfRequest;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr Epoch kOne{1, {10}};
constexpr Epoch kTwo{2, {11}};
constexpr uint64_t kPing = 4;  // pongs to pings from here on are fresh

class FailoverTest : public testing::Test {
 protected:
  // b leads epoch 2; the master, a, is down; b is at 1/5 and c at 1/7.
  FailoverTest() {
    Learn(Master("a", kOne));
    topology_.Find("a")->sdown = true;
    Learn(Formed("b", {kOne, 5}));
    Learn(Formed("c", {kOne, 7}));
  }

  void Learn(const replication::MemberView& view) {
    topology_.Learn(*topology_.Find(view.name), view, At(0));
  }

  std::vector<Action> Advance(int64_t ms) {
    failover_.Advance(At(ms));
    return outbox_.Take();
  }

  std::vector<Action> Begin() {
    failover_.Begin(kTwo, kPing, "why", At(0));
    return Advance(0);
  }

  // To wait_fences.
  std::vector<Action> BeginFencing() {
    topology_.Find("c")->ping.answered = kPing;
    return Begin();
  }

  void Promised(const std::string& name, Position position, int64_t ms) {
    replication::MemberView view = Formed(name, position);
    view.promise = kTwo;
    Learn(view);
    failover_.OnReply({name, 2, FenceReply{.promised = true, .view = view}},
                      At(ms));
  }

  // To wait_promotion: c is chosen.
  std::vector<Action> BeginPromotion() {
    BeginFencing();
    Promised("b", {kOne, 5}, 1);
    Promised("c", {kOne, 7}, 2);
    return Advance(2);
  }

  std::string Aborted() {
    for (const std::string& line : Lines(outbox_.Take())) {
      if (line.rfind("-failover-abort", 0) == 0) return line;
    }
    return "not aborted";
  }

  template <typename T>
  static std::vector<std::string> AskedFor(const std::vector<Action>& actions) {
    std::vector<std::string> names;
    for (const Ask& ask : Only<Ask>(actions)) {
      if (std::holds_alternative<T>(ask.question.body)) names.push_back(ask.to);
    }
    return names;
  }

  Options options_ = OptionsFor("b");
  Outbox outbox_{options_};
  Topology topology_{options_, At(0)};
  Failover failover_{options_, topology_, outbox_};
};

TEST_F(FailoverTest, WaitsForFreshViewsAndThenFences) {
  EXPECT_THAT(Only<Ask>(Begin()), IsEmpty())
      << "c's view is of before the election";
  EXPECT_EQ(ToString(failover_.state()), "select_replica");
  topology_.Find("c")->ping.answered = kPing;
  EXPECT_THAT(AskedFor<FenceRequest>(Advance(1)), ElementsAre("b", "c"))
      << "not a, which is down";
  EXPECT_EQ(ToString(failover_.state()), "wait_fences");
}

TEST_F(FailoverTest, PromotesTheGreatestPositionOnce) {
  const std::vector<Ask> asks = Only<Ask>(BeginPromotion());
  ASSERT_THAT(asks, SizeIs(1));
  EXPECT_EQ(asks[0].to, "c");
  const auto& promote = std::get<PromoteRequest>(asks[0].question.body);
  EXPECT_EQ(promote.epoch, kTwo);
  EXPECT_EQ(promote.position, (Position{kOne, 7}));
  EXPECT_EQ(promote.nonce, 1u);
  EXPECT_FALSE(promote.all_members);
  EXPECT_EQ(promote.configuration, Recorded({"a", "b", "c"}));
  EXPECT_THAT(Only<Ask>(Advance(3)), IsEmpty());
}

TEST_F(FailoverTest, TellsTheOthersAndEnds) {
  BeginPromotion();
  const auto promoted = Master("c", kTwo, 8);
  Learn(promoted);
  failover_.OnReply({"c", 2, PromoteReply{.promoted = true, .view = promoted}},
                    At(3));
  const auto asks = Only<Ask>(Advance(3));
  ASSERT_THAT(asks, SizeIs(1)) << "a is down; its own sentinel will tell it";
  const auto& follow = std::get<ReplicaOfRequest>(asks[0].question.body);
  EXPECT_EQ(asks[0].to, "b");
  EXPECT_EQ(follow.master_name, "c");
  EXPECT_EQ(follow.master_address, "127.0.0.1:7003");
  EXPECT_EQ(follow.master_id, IdOf("c"));
  EXPECT_EQ(failover_.TakeOutcome(), std::nullopt);

  failover_.OnReply({"b", 2, ReplicaOfReply{.accepted = true}}, At(4));
  EXPECT_THAT(Lines(Advance(4)),
              Contains("+failover-end master c 127.0.0.1 7003"));
  EXPECT_EQ(failover_.TakeOutcome(), Failover::Outcome::kDone);
  EXPECT_EQ(failover_.state(), Failover::State::kNone);
  EXPECT_EQ(
      failover_.explanation(),
      "epoch 2: why; 2 formed of 2 present of 3: a fence quorum of 2; "
      "fenced b 1/5 priority 100 formed; fenced c 1/7 priority 100 formed; "
      "chosen c: c has the greatest position, 1/7");
}

TEST_F(FailoverTest, OneThatNeverAnswersReplicaOfEndsItByTimeOut) {
  BeginPromotion();
  const auto promoted = Master("c", kTwo, 8);
  Learn(promoted);
  failover_.OnReply({"c", 2, PromoteReply{.promoted = true, .view = promoted}},
                    At(3));
  Advance(3);
  const auto lines = Lines(Advance(10'003));
  EXPECT_THAT(lines, Contains(StartsWith("+failover-end-for-timeout")));
  EXPECT_THAT(lines, Contains(StartsWith("+failover-end ")));
  EXPECT_EQ(failover_.TakeOutcome(), Failover::Outcome::kDone);
}

TEST_F(FailoverTest, WithAFenceQuorumStragglersAreWaitedForOnlyShortly) {
  topology_.Find("a")->sdown = false;  // silent, but not long enough
  topology_.Find("a")->view = Formed("a", {kOne, 9});
  topology_.Find("c")->ping.answered = kPing;
  EXPECT_THAT(Only<Ask>(Begin()), IsEmpty());
  EXPECT_EQ(failover_.deadline(), At(100)) << "a fifth of down_after";
  EXPECT_THAT(AskedFor<FenceRequest>(Advance(100)), ElementsAre("b", "c"));
}

TEST_F(FailoverTest, AFencedStragglerIsWaitedForOnlyShortly) {
  topology_.Find("a")->sdown = false;
  topology_.Find("a")->view = Formed("a", {kOne, 7});
  topology_.Find("a")->ping.answered = kPing;
  EXPECT_THAT(AskedFor<FenceRequest>(BeginFencing()),
              ElementsAre("a", "b", "c"));
  Promised("b", {kOne, 5}, 10);
  EXPECT_THAT(Only<Ask>(Advance(10)), IsEmpty()) << "below F";
  Promised("c", {kOne, 7}, 20);
  EXPECT_THAT(Only<Ask>(Advance(20)), IsEmpty());
  EXPECT_EQ(failover_.deadline(), At(120));
  EXPECT_THAT(AskedFor<PromoteRequest>(Advance(120)), ElementsAre("c"));
}

// --- Aborts. Each leaves a reason and an outcome.

TEST_F(FailoverTest, AbortsWhenTheMasterReturnsBeforeAnyFence) {
  topology_.Find("a")->sdown = false;
  failover_.Begin(kTwo, kPing, "why", At(0));
  failover_.Advance(At(0));
  EXPECT_EQ(Aborted(),
            "-failover-abort-master-returned epoch 2 a is master of epoch 1");
  EXPECT_EQ(failover_.TakeOutcome(), Failover::Outcome::kAborted);
}

TEST_F(FailoverTest, AbortsWhenTooFewAreFormed) {
  replication::MemberView unformed = Formed("c", {kOne, 7});
  unformed.formed = false;
  Learn(unformed);
  topology_.Find("c")->ping.answered = kPing;
  failover_.Begin(kTwo, kPing, "why", At(0));
  failover_.Advance(At(0));
  EXPECT_THAT(Aborted(),
              HasSubstr("-failover-abort-no-good-replica epoch 2 1 formed"));
}

TEST_F(FailoverTest, AbortsOnAHigherPromise) {
  BeginFencing();
  replication::MemberView view = Formed("c", {kOne, 7});
  view.promise = {3, {12}};
  failover_.OnReply({"c", 2, FenceReply{.promised = false, .view = view}},
                    At(1));
  EXPECT_EQ(Aborted(),
            "-failover-abort-stale-epoch epoch 2 c has promised epoch 3");
}

TEST_F(FailoverTest, AMemberWhoseStorageFailedIsNotWaitedForAndStopsNobody) {
  topology_.Find("a")->sdown = false;
  topology_.Find("a")->view = Formed("a", {kOne, 7});
  topology_.Find("a")->ping.answered = kPing;
  BeginFencing();
  replication::MemberView broken = Formed("a", {kOne, 7});
  broken.promise = kOne;
  broken.healthy = false;
  failover_.OnReply({"a", 2, FenceReply{.promised = false, .view = broken}},
                    At(1));
  EXPECT_EQ(Aborted(), "not aborted");
  Promised("b", {kOne, 5}, 2);
  Promised("c", {kOne, 7}, 3);
  EXPECT_THAT(AskedFor<PromoteRequest>(Advance(3)), ElementsAre("c"));
}

TEST_F(FailoverTest, AbortsWhenAFenceFails) {
  BeginFencing();
  Promised("b", {kOne, 5}, 1);
  failover_.OnFailure(
      {.to = "c", .topic = Topic::kFence, .round = 2, .why = "reset"}, At(2));
  failover_.Advance(At(2));
  EXPECT_EQ(Aborted(), "-failover-abort-not-fenced epoch 2 only 1 promised");
}

TEST_F(FailoverTest, AbortsWhenAFencedMemberIsDownOrSilent) {
  BeginFencing();
  Promised("b", {kOne, 5}, 1);
  failover_.Advance(At(9'999));
  EXPECT_EQ(Aborted(), "not aborted");
  failover_.Advance(At(10'000));
  EXPECT_THAT(Aborted(), HasSubstr("-failover-abort-not-fenced"));

  BeginFencing();
  Promised("b", {kOne, 5}, 1);
  topology_.Find("c")->sdown = true;
  failover_.Advance(At(20'000));
  EXPECT_THAT(Aborted(), HasSubstr("-failover-abort-not-fenced"));
}

TEST_F(FailoverTest, NeverPromotesASecondMemberInTheEpoch) {
  struct Row {
    const char* how;
    const char* event;
  };
  for (const Row& row : {Row{"refused", "-failover-abort-promotion-refused"},
                         Row{"failed", "-failover-abort-replica-timeout"},
                         Row{"down", "-failover-abort-replica-timeout"},
                         Row{"late", "-failover-abort-replica-timeout"}}) {
    BeginPromotion();
    const std::string how = row.how;
    if (how == "refused") {
      failover_.OnReply({"c", 2, PromoteReply{.refusal = "no"}}, At(3));
    } else if (how == "failed") {
      failover_.OnFailure(
          {.to = "c", .topic = Topic::kPromote, .round = 2, .why = "reset"},
          At(3));
    } else if (how == "down") {
      topology_.Find("c")->sdown = true;
    }
    failover_.Advance(how == "late" ? At(20'000) : At(3));
    const std::vector<Action> actions = outbox_.Take();
    EXPECT_THAT(Only<Ask>(actions), IsEmpty()) << how;
    EXPECT_THAT(Lines(actions), Contains(StartsWith(row.event))) << how;
    EXPECT_EQ(failover_.TakeOutcome(), Failover::Outcome::kAborted) << how;
    topology_.Find("c")->sdown = false;
    Learn(Formed("c", {kOne, 7}));
  }
}

TEST_F(FailoverTest, AnAnswerOfAnEarlierEpochDoesNotCount) {
  BeginPromotion();
  failover_.OnReply({"c", 1, PromoteReply{.promoted = true}}, At(3));
  EXPECT_EQ(failover_.state(), Failover::State::kWaitPromotion);
}

TEST_F(FailoverTest, AllMembersRuleFencesAllAndSaysSo) {
  for (const char* name : {"a", "b", "c"}) {
    topology_.Find(name)->sdown = false;
    Learn(Empty(name));
    topology_.Find(name)->ping.answered = kPing;
  }
  topology_ = Topology(options_, At(0));
  for (const char* name : {"a", "b", "c"}) {
    Learn(Empty(name));
    topology_.Find(name)->ping.answered = kPing;
  }
  EXPECT_THAT(AskedFor<FenceRequest>(Begin()), ElementsAre("a", "b", "c"));
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_THAT(AskedFor<PromoteRequest>(Advance(1)), IsEmpty())
        << "all, not fewer";
    replication::MemberView view = Empty(name);
    view.promise = kTwo;
    failover_.OnReply({name, 2, FenceReply{.promised = true, .view = view}},
                      At(1));
  }
  const auto asks = Only<Ask>(Advance(1));
  ASSERT_THAT(asks, SizeIs(1));
  const auto& promote = std::get<PromoteRequest>(asks[0].question.body);
  EXPECT_TRUE(promote.all_members);
  EXPECT_EQ(promote.configuration, Recorded({"a", "b", "c"}));
}

}  // namespace
}  // namespace vigil::sentinel
