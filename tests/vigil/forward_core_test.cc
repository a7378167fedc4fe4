// What becomes of a forwarded write, whatever answers come or do not come.
#include "vigil/forward_core.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "vigil/node.h"

namespace vigil {
namespace {

using Kind = ForwardReply::Kind;

const ForwardRoute kA{{1, NodeId{9}}, "a:1"};
const ForwardRoute kB{{2, NodeId{9}}, "b:1"};
constexpr absl::Duration kTimeout = absl::Seconds(5);

ForwardReply DoneAt(uint64_t index) {
  return {.kind = Kind::kDone, .receipt = {.epoch = 1, .index = index}};
}
ForwardReply Refused(absl::Status status, Kind kind = Kind::kRefused) {
  return {.kind = kind, .status = std::move(status)};
}
const absl::Status kBroken = absl::UnavailableError("broken");

class ForwardCoreTest : public ::testing::Test {
 protected:
  uint64_t Begin(bool await_room = true, size_t bytes = 100) {
    const auto number = core_.Begin(now_ + kTimeout, await_room, bytes, now_);
    EXPECT_TRUE(number.ok()) << number.status();
    return number.value_or(0);
  }

  // What the core wants sent by now.
  std::vector<ForwardCore::Send> Sends() {
    std::vector<ForwardCore::Send> sends;
    for (ForwardCore::Action& action : core_.TakeActions()) {
      if (auto* send = std::get_if<ForwardCore::Send>(&action)) {
        sends.push_back(*send);
      } else if (auto* finish = std::get_if<ForwardCore::Finish>(&action)) {
        EXPECT_FALSE(ended_) << "told twice";
        ended_ = std::move(finish->result);
      } else if (auto* wait = std::get_if<ForwardCore::CatchUp>(&action)) {
        catch_up_ = *wait;
      }
    }
    return sends;
  }
  ForwardCore::Send TheSend() {
    const auto sends = Sends();
    EXPECT_EQ(sends.size(), 1u);
    return sends.empty() ? ForwardCore::Send{} : sends[0];
  }
  void Answer(const ForwardCore::Send& send,
              absl::StatusOr<ForwardReply> answer) {
    core_.OnAnswer(send.write, send.copy, std::move(answer), now_);
  }
  // The time of the next try, or deadline.
  void Wait() {
    now_ = core_.next_time();
    core_.OnTime(now_);
  }
  absl::Status Ended() {
    Sends();
    EXPECT_TRUE(ended_.has_value()) << "it has not ended";
    return ended_ ? ended_->status() : absl::OkStatus();
  }

  MonoTime now_{1'000'000'000};
  ForwardCoreOptions options_{.slots = 2, .writes_max = 4, .bytes_max = 1000};
  ForwardCore core_{options_, 1};
  std::optional<absl::StatusOr<ForwardReply>> ended_;
  std::optional<ForwardCore::CatchUp> catch_up_;
};

TEST_F(ForwardCoreTest, ADoneWriteEndsWhenThisNodesLogHasIt) {
  core_.OnRoute(kA, now_);
  Begin();
  const auto send = TheSend();
  EXPECT_EQ(send.route, kA);
  EXPECT_FALSE(send.in_doubt);
  EXPECT_LT(send.time_left, kTimeout) << "the answer has to travel, too";
  Answer(send, DoneAt(7));
  Sends();
  ASSERT_TRUE(catch_up_.has_value());
  EXPECT_EQ(catch_up_->receipt.index, 7u);
  EXPECT_FALSE(ended_.has_value());
  core_.OnCaughtUp(send.write);
  Sends();
  ASSERT_TRUE(ended_.has_value());
  EXPECT_EQ((*ended_)->receipt.index, 7u);
  EXPECT_TRUE(core_.empty());
}

TEST_F(ForwardCoreTest, ANodeThatIsFarBehindDoesNotHoldTheAnswerForLong) {
  core_.OnRoute(kA, now_);
  Begin();
  Answer(TheSend(), DoneAt(7));
  const MonoTime answered = now_;
  Sends();
  Wait();
  EXPECT_EQ(now_ - answered, options_.catch_up_max);
  EXPECT_TRUE(Ended().ok());
}

TEST_F(ForwardCoreTest, WithoutAMasterItWaitsAndSaysThatNothingWasApplied) {
  Begin();
  EXPECT_TRUE(Sends().empty());
  Wait();
  EXPECT_TRUE(absl::IsUnavailable(Ended())) << Ended();
  Begin();
  ended_.reset();
  core_.OnRoute(kA, now_);
  EXPECT_FALSE(TheSend().in_doubt);
}

TEST_F(ForwardCoreTest, WhenNoAnswerComesItIsTheSameWriteAgainInDoubt) {
  core_.OnRoute(kA, now_);
  Begin();
  const auto first = TheSend();
  Answer(first, kBroken);
  EXPECT_TRUE(Sends().empty()) << "not at once";
  Wait();
  const auto second = TheSend();
  EXPECT_TRUE(second.in_doubt);
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_EQ(second.sequence, first.sequence);
  Answer(second, DoneAt(3));
  core_.OnCaughtUp(first.write);
  EXPECT_TRUE(Ended().ok());
  EXPECT_EQ(core_.counters().sent, 1u);
  EXPECT_EQ(core_.counters().retried, 1u);
}

TEST_F(ForwardCoreTest, AnotherMasterIsAskedAtOnceAndLateAnswersAreNoAnswers) {
  core_.OnRoute(kA, now_);
  Begin();
  const auto first = TheSend();
  core_.OnRoute(kB, now_);
  const auto second = TheSend();
  EXPECT_EQ(second.route, kB);
  EXPECT_TRUE(second.in_doubt);
  Answer(first, Refused(absl::InvalidArgumentError("late")));
  Answer(first, DoneAt(3));
  EXPECT_TRUE(Sends().empty());
  EXPECT_FALSE(ended_ || catch_up_);
}

TEST_F(ForwardCoreTest, WhileNoMasterIsKnownTheOldOneMayStillAnswer) {
  core_.OnRoute(kA, now_);
  Begin();
  const auto send = TheSend();
  core_.OnRoute(std::nullopt, now_);
  Answer(send, DoneAt(3));
  core_.OnCaughtUp(send.write);
  EXPECT_TRUE(Ended().ok());
}

TEST_F(ForwardCoreTest, ARefusalEndsAWriteOnlyIfNoOtherCopyCanBeApplied) {
  struct Case {
    const char* name;
    ForwardReply reply;
    bool await_room;
    // nullopt: it is tried again.
    std::optional<absl::StatusCode> first;  // no copy before
    std::optional<absl::StatusCode> in_doubt;
  };
  const absl::Status invalid = absl::InvalidArgumentError("i");
  const absl::Status unavailable = absl::UnavailableError("u");
  const absl::Status full = absl::ResourceExhaustedError("f");
  constexpr auto kUnknown = absl::StatusCode::kDeadlineExceeded;
  const Case cases[] = {
      {"invalid", Refused(invalid), true, absl::StatusCode::kInvalidArgument,
       kUnknown},
      {"too few members", Refused(unavailable), true,
       absl::StatusCode::kUnavailable, std::nullopt},
      {"memory is full", Refused(full), true,
       absl::StatusCode::kResourceExhausted, std::nullopt},
      {"no room, and it waits", Refused(full, Kind::kNoRoom), true,
       std::nullopt, std::nullopt},
      {"no room, and it does not", Refused(full, Kind::kNoRoom), false,
       absl::StatusCode::kResourceExhausted, std::nullopt},
      {"not master", Refused(unavailable, Kind::kNotMaster), false,
       std::nullopt, std::nullopt},
      {"decided to be wrong", Refused(invalid, Kind::kDone), true,
       absl::StatusCode::kInvalidArgument, absl::StatusCode::kInvalidArgument},
  };
  for (const Case& c : cases) {
    for (const bool in_doubt : {false, true}) {
      SCOPED_TRACE(absl::StrCat(c.name, in_doubt ? ", in doubt" : ""));
      core_ = ForwardCore(options_, 1);
      ended_.reset();
      core_.OnRoute(kA, now_);
      Begin(c.await_room);
      auto send = TheSend();
      if (in_doubt) {
        Answer(send, kBroken);
        Wait();
        send = TheSend();
      }
      Answer(send, c.reply);
      const auto& expected = in_doubt ? c.in_doubt : c.first;
      if (expected) {
        EXPECT_EQ(Ended().code(), *expected);
        continue;
      }
      Sends();
      EXPECT_FALSE(ended_.has_value());
      Wait();
      EXPECT_EQ(TheSend().in_doubt, in_doubt);
    }
  }
}

TEST_F(ForwardCoreTest, AnAckThatIsNotReachedIsAskedForAgainAndToldAtTheEnd) {
  core_.OnRoute(kA, now_);
  Begin();
  Answer(TheSend(), ForwardReply{.kind = Kind::kUnknown,
                                 .status = absl::DeadlineExceededError("d"),
                                 .receipt = {.epoch = 1, .index = 8}});
  Wait();
  EXPECT_TRUE(TheSend().in_doubt);
  Wait();
  const absl::Status ended = Ended();
  EXPECT_TRUE(absl::IsDeadlineExceeded(ended)) << ended;
  ASSERT_TRUE(ReceiptOf(ended).has_value());
  EXPECT_EQ(ReceiptOf(ended)->index, 8u);
  EXPECT_EQ(core_.counters().unknown, 1u);
}

TEST_F(ForwardCoreTest, TheNextWriteOfASlotHasTheNextSequence) {
  core_.OnRoute(kA, now_);
  Begin();
  const auto first = TheSend();
  Answer(first, DoneAt(1));
  Begin();
  const auto second = TheSend();
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_EQ(second.sequence, first.sequence + 1);
}

TEST_F(ForwardCoreTest, WhatHasNoSlotWaitsInOrderAndIsBounded) {
  core_.OnRoute(kA, now_);
  for (int i = 0; i < 4; ++i) Begin();
  const auto sends = Sends();
  ASSERT_EQ(sends.size(), 2u);
  EXPECT_EQ(core_.counters().waiting, 2u);
  EXPECT_TRUE(absl::IsResourceExhausted(
      core_.Begin(now_ + kTimeout, true, 1, now_).status()))
      << "too many";
  Answer(sends[1], DoneAt(1));
  const auto third = TheSend();
  EXPECT_EQ(third.write, 3u);
  EXPECT_EQ(third.slot, sends[1].slot);
  core_.OnCaughtUp(sends[1].write);
  Sends();
  EXPECT_TRUE(absl::IsResourceExhausted(
      core_.Begin(now_ + kTimeout, true, 701, now_).status()))
      << "too much";
}

TEST_F(ForwardCoreTest, OneAloneMayBeLargerThanTheBound) {
  core_.OnRoute(kA, now_);
  Begin(true, 5000);
  EXPECT_EQ(Sends().size(), 1u);
}

TEST_F(ForwardCoreTest, NobodyAsksForAWriteAgainWhenItsEntryMayHaveExpired) {
  core_.OnRoute(kA, now_);
  ASSERT_TRUE(core_.Begin(MonoTime::InfiniteFuture(), true, 1, now_).ok());
  auto send = TheSend();
  now_ = now_ + kRetryFor + absl::Seconds(1);
  Answer(send, kBroken);
  Wait();
  EXPECT_TRUE(absl::IsDeadlineExceeded(Ended())) << Ended();
}

TEST_F(ForwardCoreTest, NorIsAnotherMasterAskedThen) {
  core_.OnRoute(kA, now_);
  ASSERT_TRUE(core_.Begin(MonoTime::InfiniteFuture(), true, 1, now_).ok());
  Sends();
  now_ = now_ + kRetryFor + absl::Seconds(1);
  core_.OnRoute(kB, now_);
  EXPECT_TRUE(absl::IsDeadlineExceeded(Ended())) << Ended();
}

TEST_F(ForwardCoreTest, ACancelledWriteSaysWhetherItMayHaveBeenApplied) {
  const uint64_t waits = Begin();
  core_.Cancel(waits, now_);
  EXPECT_EQ(Ended().message(), "the write was cancelled; nothing was applied");
  ended_.reset();
  core_.OnRoute(kA, now_);
  const uint64_t sent = Begin();
  core_.Cancel(sent, now_);
  EXPECT_TRUE(absl::IsCancelled(Ended()));
  EXPECT_TRUE(absl::StrContains(Ended().message(), "unknown"));
}

TEST_F(ForwardCoreTest, PausesGrowUpToTheirBoundAndVary) {
  core_.OnRoute(kA, now_);
  ASSERT_TRUE(core_.Begin(MonoTime::InfiniteFuture(), true, 1, now_).ok());
  auto send = TheSend();
  absl::Duration last;
  for (int i = 0; i < 40; ++i) {
    Answer(send, kBroken);
    const MonoTime before = now_;
    Wait();
    last = now_ - before;
    EXPECT_LE(last, options_.retry_max);
    EXPECT_GE(last, options_.retry_min / 2);
    send = TheSend();
  }
  EXPECT_GE(last, options_.retry_max / 2);
}

}  // namespace
}  // namespace vigil
