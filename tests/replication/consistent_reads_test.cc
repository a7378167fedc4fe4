// Reads that are not older than any acknowledged write: through the cores.
#include "gtest/gtest.h"
#include "replication/replication_core.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

constexpr uint64_t kNonce = 77;
constexpr LinkId kLinkOfB = 1;
constexpr LinkId kLinkOfC = 2;
constexpr Token kRead = 41;
constexpr Token kCommit = 42;
constexpr Token kRecord = 43;
constexpr MonoTime kForever = MonoTime::InfiniteFuture();

class Member {
 public:
  explicit Member(const std::string& name)
      : core_(Options{.address = name + ":1"}, Formed(name, H({{1, 1}}), E(1)),
              10, kNonce, 1) {}

  const Actions& Step(Event event, int64_t ms = 0) {
    return actions = core_.Step(std::move(event), At(ms));
  }
  const Actions& Progress(uint64_t end) {
    return Step(LogProgressed{end, end, end});
  }
  const Actions& Receive(LinkId link, Message message) {
    return Step(MessageReceived{.link = link, .message = std::move(message)});
  }
  const AnswerRead* Answer(Token token) const {
    for (const Action& action : actions) {
      const auto* answer = std::get_if<AnswerRead>(&action);
      if (answer != nullptr && answer->token == token) return answer;
    }
    return nullptr;
  }
  const ReplicationCore& operator*() const { return core_; }
  const ReplicationCore* operator->() const { return &core_; }

  Actions actions;

 private:
  ReplicationCore core_;
};

// "a", master of epoch 2 from index 11 on, with the streams of "b" and "c".
class MasterReads : public testing::Test {
 protected:
  MasterReads() {
    a.Step(FenceAsked{1, {E(2)}});
    a.Step(PromoteAsked{2,
                        {.epoch = E(2),
                         .position = {E(1), 10},
                         .nonce = kNonce,
                         .configuration = Group(3)}});
    a.Progress(11);
    Hello("b", kLinkOfB);
    Hello("c", kLinkOfC);
  }
  void Hello(const std::string& name, LinkId link) {
    a.Step(MessageReceived{.link = link,
                           .message = replication::Hello{.group = "g",
                                                         .name = name,
                                                         .id = IdOf(name),
                                                         .lineage = kLineage,
                                                         .epoch = E(2),
                                                         .position = {E(1), 10},
                                                         .history = H({{1, 1}}),
                                                         .nonce = 5},
                           .log_holds_from = 11});
  }
  void Echo(LinkId link, uint64_t round, bool formed = true,
            uint64_t held = 10) {
    a.Receive(
        link,
        Ack{.epoch = E(2), .held = held, .formed = formed, .round = round});
  }
  uint64_t AskRead() {
    const auto* asked = Find<AskRound>(a.Step(ReadAsked{kRead, kForever}, 70));
    return asked == nullptr ? 0 : asked->round;
  }

  Member a{"a"};
};

TEST_F(MasterReads, WaitForAReplicaThatHasPromisedNobodyElse) {
  const uint64_t round = AskRead();
  EXPECT_GT(round, 0u);
  EXPECT_EQ(a.Answer(kRead), nullptr);
  Echo(kLinkOfB, round);
  ASSERT_NE(a.Answer(kRead), nullptr);
  EXPECT_EQ(a.Answer(kRead)->outcome, ReadOutcome::kConfirmed);
  EXPECT_EQ(a.Answer(kRead)->epoch, E(2));
  EXPECT_EQ(a.Answer(kRead)->asked, At(70)) << "as fresh as when it was asked";
}

TEST_F(MasterReads, AnEchoThatIsUnformedOrOfAnotherEpochDoesNotCount) {
  const uint64_t round = AskRead();
  Echo(kLinkOfB, round, /*formed=*/false);
  EXPECT_EQ(a.Answer(kRead), nullptr);
  a.Receive(kLinkOfC, Ack{.epoch = E(1), .formed = true, .round = round});
  EXPECT_EQ(a.Answer(kRead), nullptr);
}

TEST_F(MasterReads, AnEchoOfARoundThatBeganEarlierDoesNotCount) {
  const uint64_t earlier = AskRead();
  a.Step(ReadAsked{43, kForever});
  Echo(kLinkOfB, earlier);
  EXPECT_NE(a.Answer(kRead), nullptr);
  EXPECT_EQ(a.Answer(43), nullptr);
}

TEST_F(MasterReads, AMasterThatStepsDownAnswersNoReadOfItsEpoch) {
  const uint64_t round = AskRead();
  a.Step(CommitAsked{kCommit, E(2), 11, kForever});
  a.Step(FenceAsked{3, {E(3)}});
  ASSERT_NE(a.Answer(kCommit), nullptr);
  EXPECT_EQ(a.Answer(kCommit)->outcome, ReadOutcome::kChanged);
  Echo(kLinkOfB, round);
  EXPECT_EQ(a.Answer(kRead), nullptr) << "it waits for the next master";
}

TEST_F(MasterReads, WhatWasSeenHasToBeCommittedInThisEpoch) {
  a.Step(CommitAsked{kCommit, E(2), 11, kForever});
  EXPECT_EQ(a.Answer(kCommit), nullptr);
  Echo(kLinkOfB, 0, true, /*held=*/11);
  ASSERT_NE(a.Answer(kCommit), nullptr);
  EXPECT_EQ(a.Answer(kCommit)->outcome, ReadOutcome::kConfirmed);
  a.Step(CommitAsked{kCommit, E(1), 5, kForever});
  ASSERT_NE(a.Answer(kCommit), nullptr);
  EXPECT_EQ(a.Answer(kCommit)->outcome, ReadOutcome::kChanged)
      << "of an epoch that is over";
}

TEST_F(MasterReads, FailAtOnceWhenTheMasterIsIsolated) {
  AskRead();
  a.Step(Ticked{}, 60'000);
  ASSERT_NE(a.Answer(kRead), nullptr);
  EXPECT_EQ(a.Answer(kRead)->outcome, ReadOutcome::kIsolated);
  a.Step(ReadAsked{kRead, kForever}, 60'000);
  ASSERT_NE(a.Answer(kRead), nullptr) << "also the one that comes later";
  EXPECT_EQ(a.Answer(kRead)->outcome, ReadOutcome::kIsolated);
}

TEST_F(MasterReads, AreToldWhenTheyAreLate) {
  a.Step(ReadAsked{kRead, At(100)}, 10);
  a.Step(CommitAsked{kCommit, E(2), 11, At(200)}, 10);
  a.Step(Ticked{}, 99);
  EXPECT_EQ(a.Answer(kRead), nullptr);
  a.Step(Ticked{}, 100);
  ASSERT_NE(a.Answer(kRead), nullptr);
  EXPECT_EQ(a.Answer(kRead)->outcome, ReadOutcome::kLate);
  EXPECT_EQ(a.Answer(kCommit), nullptr);
}

TEST_F(MasterReads, WhoGaveUpIsNotAnswered) {
  const uint64_t round = AskRead();
  a.Step(ReadGivenUp{kRead});
  Echo(kLinkOfB, round);
  EXPECT_EQ(a.Answer(kRead), nullptr);
}

TEST_F(MasterReads, AReplicasReadIsToldTheLogsEndOfWhenItArrived) {
  a.Progress(15);
  a.Receive(kLinkOfB,
            Ack{.epoch = E(2), .held = 11, .formed = true, .read = 1});
  const auto* asked = Find<AskRound>(a.actions);
  ASSERT_NE(asked, nullptr);
  const uint64_t round = asked->round;
  a.Progress(20);
  Echo(kLinkOfC, round);
  const auto* told = Find<TellRead>(a.actions);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->link, kLinkOfB);
  EXPECT_EQ(told->read, 1u);
  EXPECT_EQ(told->index, 15u);
}

// A group of one at its first start: the master is promoted before it has a record.
TEST(FirstMaster, AnswersWhoHasWaitedForIt) {
  MemberState fresh = Fresh("a");
  Configuration alone = fresh.configurations.newest();
  alone.members.resize(1);
  fresh.configurations = alone;
  ReplicationCore core(Options{.address = "a:1"}, fresh, 0, kNonce, 1);
  core.Step(ReadAsked{kRead, kForever}, At(0));
  core.Step(FenceAsked{1, {E(1)}}, At(1));
  const Actions promoted = core.Step(PromoteAsked{2,
                                                  {.epoch = E(1),
                                                   .nonce = kNonce,
                                                   .all_members = true,
                                                   .configuration = Group(1)}},
                                     At(2));
  ASSERT_TRUE(Find<AnswerPromote>(promoted)->promoted)
      << Find<AnswerPromote>(promoted)->refusal;
  const Actions actions = core.Step(LogProgressed{2, 2, 2}, At(3));
  ASSERT_NE(Find<AnswerRead>(actions), nullptr);
  EXPECT_EQ(Find<AnswerRead>(actions)->outcome, ReadOutcome::kConfirmed);
}

// "b", following "a", master of epoch 2; its log ends at 12.
class ReplicaReads : public testing::Test {
 protected:
  ReplicaReads() {
    b.Step(ReplicaOfAsked{3, {E(2), "a", "a:1", IdOf("a")}});
    Join(10);
    b.Progress(12);
  }
  const Actions& Join(uint64_t last) {
    return b.Receive(link(), Welcome{.epoch = E(2),
                                     .lineage = kLineage,
                                     .history = H({{1, 1}, {2, 11}}),
                                     .configurations = Group(3),
                                     .from = last,
                                     .target = 12,
                                     .nonce = kNonce});
  }
  LinkId link() const { return b->follower().link(); }
  void Told(uint64_t read, uint64_t index, uint64_t commit = 11) {
    b.Receive(link(), Records{.epoch = E(2),
                              .commit = commit,
                              .end = index,
                              .read = read,
                              .read_index = index});
  }

  Member b{"b"};
};

TEST_F(ReplicaReads, AskTheMasterAtOnce) {
  const auto* ack = Find<SendAck>(b.Step(ReadAsked{kRead, kForever}));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->ack.read, 1u);
  EXPECT_EQ(b.Answer(kRead), nullptr);
}

TEST_F(ReplicaReads, WaitUntilTheLogIsThere) {
  b.Step(ReadAsked{kRead, kForever});
  Told(1, 14);
  EXPECT_EQ(b.Answer(kRead), nullptr);
  b.Progress(13);
  EXPECT_EQ(b.Answer(kRead), nullptr);
  b.Progress(14);
  ASSERT_NE(b.Answer(kRead), nullptr);
  EXPECT_EQ(b.Answer(kRead)->outcome, ReadOutcome::kConfirmed);
}

TEST_F(ReplicaReads, AnAnswerToAnEarlierReadIsNone) {
  b.Step(ReadAsked{40, kForever});
  Told(1, 12);
  b.Step(ReadAsked{kRead, kForever});
  EXPECT_EQ(b.Answer(kRead), nullptr);
  Told(1, 12);
  EXPECT_EQ(b.Answer(kRead), nullptr);
  Told(2, 12);
  EXPECT_NE(b.Answer(kRead), nullptr);
}

TEST_F(ReplicaReads, EchoARoundAtOnceAndOnce) {
  const Records round{.epoch = E(2), .end = 12, .round = 5};
  const auto* ack = Find<SendAck>(b.Receive(link(), round));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->ack.round, 5u);
  EXPECT_EQ(Count<SendAck>(b.Receive(link(), round)), 0);
}

TEST_F(ReplicaReads, AskAgainOnTheNextStream) {
  b.Step(ReadAsked{kRead, At(5'000)});
  b.Step(CommitAsked{kCommit, E(2), 12, kForever});
  Told(1, 14);
  b.Step(LinkClosed{link(), "reset"});
  ASSERT_NE(b.Answer(kCommit), nullptr);
  EXPECT_EQ(b.Answer(kCommit)->outcome, ReadOutcome::kChanged);
  b.Progress(14);
  EXPECT_EQ(b.Answer(kRead), nullptr) << "what another stream said is void";
  b.Step(Ticked{}, 1'000);  // dials
  const auto* ack = Find<SendAck>(Join(14));
  ASSERT_NE(ack, nullptr);
  const uint64_t again = ack->ack.read;
  EXPECT_GT(again, 1u);
  Told(again, 14);
  EXPECT_NE(b.Answer(kRead), nullptr);
}

TEST_F(ReplicaReads, WithoutAMasterTheyAreToldSo) {
  b.Step(ReadAsked{kRead, At(500)});
  b.Step(LinkClosed{link(), "reset"});
  b.Step(Ticked{}, 500);
  ASSERT_NE(b.Answer(kRead), nullptr);
  EXPECT_EQ(b.Answer(kRead)->outcome, ReadOutcome::kNoMaster);
}

TEST_F(ReplicaReads, ARecordIsWaitedFor) {
  b.Step(RecordAsked{kRecord, /*epoch=*/2, 14, kForever});
  b.Progress(13);
  EXPECT_EQ(b.Answer(kRecord), nullptr);
  b.Progress(14);
  ASSERT_NE(b.Answer(kRecord), nullptr);
  EXPECT_EQ(b.Answer(kRecord)->outcome, ReadOutcome::kConfirmed);
}

TEST_F(ReplicaReads, ARecordOfALaterEpochIsWaitedForOneThatWasReplacedIsLost) {
  b.Step(RecordAsked{40, /*epoch=*/3, 12, kForever});
  EXPECT_EQ(b.Answer(40), nullptr)
      << "this log may be the one that is replaced";
  b.Step(RecordAsked{kRecord, /*epoch=*/1, 12, kForever});
  ASSERT_NE(b.Answer(kRecord), nullptr);
  EXPECT_EQ(b.Answer(kRecord)->outcome, ReadOutcome::kLost);
}

TEST_F(ReplicaReads, WhatWasSeenIsCommittedWhenTheMasterSaysSo) {
  b.Step(CommitAsked{kCommit, E(2), 12, kForever});
  EXPECT_EQ(b.Answer(kCommit), nullptr);
  Told(0, 12, /*commit=*/12);
  ASSERT_NE(b.Answer(kCommit), nullptr);
  EXPECT_EQ(b.Answer(kCommit)->outcome, ReadOutcome::kConfirmed);
}

// Found by the simulation: with a read that waited, the acknowledgement came in the step
// of the switch, with the end of the old log, which was longer. The master took for held
// what it had not even sent.
TEST(DivergedReplica, AReadThatWaitsDoesNotAcknowledgeTheOldLogsEnd) {
  Member b("b");  // at 10 of epoch 1
  b.Step(ReplicaOfAsked{3, {E(2), "a", "a:1", IdOf("a")}});
  const LinkId link = b->follower().link();
  b.Step(ReadAsked{kRead, kForever});
  b.Receive(link, Welcome{.epoch = E(2),
                          .lineage = kLineage,
                          .history = H({{1, 1}, {2, 5}}),
                          .configurations = Group(3),
                          .full = true,
                          .from = 8,
                          .target = 8,
                          .nonce = kNonce});
  b.Receive(link, EntriesEnd{8});
  ASSERT_NE(Find<CommitStaging>(b.Step(Ticked{}, 50)), nullptr);
  EXPECT_EQ(Find<SendAck>(b.actions), nullptr) << "the tick that commits";
  ASSERT_NE(Find<SendAck>(b.Progress(8)), nullptr);
  EXPECT_EQ(Find<SendAck>(b.actions)->ack.held, 8u);
  EXPECT_NE(Find<SendAck>(b.actions)->ack.read, 0u) << "it asks all the same";
}

// Likewise where nothing progresses: the new log ends where the old one did.
TEST(DivergedReplica, AsksWithTheNextTickWhenItsLogHasTheSameEnd) {
  Member b("b");
  b.Step(ReplicaOfAsked{3, {E(2), "a", "a:1", IdOf("a")}});
  const LinkId link = b->follower().link();
  b.Step(ReadAsked{kRead, kForever});
  b.Receive(link, Welcome{.epoch = E(2),
                          .lineage = kLineage,
                          .history = H({{1, 1}, {2, 5}}),
                          .configurations = Group(3),
                          .full = true,
                          .from = 10,
                          .target = 10,
                          .nonce = kNonce});
  b.Receive(link, EntriesEnd{10});
  ASSERT_NE(Find<CommitStaging>(b.Step(Ticked{}, 50)), nullptr);
  ASSERT_NE(Find<SendAck>(b.Step(Ticked{}, 51)), nullptr);
  EXPECT_NE(Find<SendAck>(b.actions)->ack.read, 0u);
}

// Its log is replaced by one of the same length: nothing progresses.
TEST(DivergedReplica, FindsARecordInTheLogThatHasReplacedItsOwn) {
  Member b("b");  // at 10 of epoch 1
  b.Step(ReplicaOfAsked{3, {E(2), "a", "a:1", IdOf("a")}});
  b.Step(RecordAsked{kRecord, /*epoch=*/2, 10, kForever});
  const LinkId link = b->follower().link();
  b.Receive(link, Welcome{.epoch = E(2),
                          .lineage = kLineage,
                          .history = H({{1, 1}, {2, 5}}),
                          .configurations = Group(3),
                          .full = true,
                          .from = 10,
                          .target = 10,
                          .nonce = kNonce});
  b.Receive(link, EntriesEnd{10});
  ASSERT_NE(Find<CommitStaging>(b.Step(Ticked{}, 50)), nullptr);
  EXPECT_EQ(b.Answer(kRecord), nullptr) << "the log's end is not known yet";
  b.Step(Ticked{}, 100);
  ASSERT_NE(b.Answer(kRecord), nullptr);
  EXPECT_EQ(b.Answer(kRecord)->outcome, ReadOutcome::kConfirmed);
}

}  // namespace
}  // namespace vigil::replication
