// Writes on replicas over real replicators and engines, in one process: done by the
// master, and once each, whatever is lost on the way.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/random.h"
#include "tests/replication/engine_group.h"
#include "tests/support/in_process_forwarding.h"
#include "tests/vigil/node_writers.h"
#include "vigil/node.h"
#include "vigil/outcome.h"

namespace vigil {
namespace {

using replication::EngineGroup;
using replication::FenceReply;
using replication::GroupOptions;

constexpr Epoch kFirst{1, NodeId{9}};
constexpr absl::Duration kPatience = absl::Seconds(30);

// No master holds itself for isolated, whatever a loaded machine does.
GroupOptions Patient() {
  GroupOptions options;
  options.replication.isolation_timeout = absl::Minutes(10);
  return options;
}

// A group whose nodes forward to each other.
class Forwarding : public ::testing::Test {
 protected:
  explicit Forwarding(WriterOptions writer = {})
      : writer_(writer), group_(Patient()) {
    group_.Bootstrap();
    for (size_t i = 0; i < 3; ++i) OpenWriters(i);
  }

  void OpenWriters(size_t i) {
    nodes_[i] = std::make_unique<NodeWriters>(group_[i], writer_, &net_);
  }

  // The others are fenced, and the one with the greatest position is promoted.
  size_t FailOver(const Epoch& epoch, const std::vector<size_t>& alive) {
    size_t best = alive[0];
    FenceReply fenced;
    for (const size_t i : alive) {
      FenceReply reply = group_.Fence(group_[i], epoch);
      if (i != alive[0] && reply.view.position <= fenced.view.position)
        continue;
      best = i;
      fenced = reply;
    }
    EXPECT_TRUE(group_.Promote(group_[best], epoch, fenced));
    for (const size_t i : alive) {
      if (i != best) group_.Follow(group_[i], group_[best], epoch);
    }
    return best;
  }

  std::string On(size_t i, const std::string& key) {
    const auto entry = group_[i].engine->Get(key);
    return entry ? entry->value : "(none)";
  }
  WriteOptions Quorum() const {
    return {.ack = Ack::kQuorum, .timeout = kPatience};
  }

  const WriterOptions writer_;
  InProcessForwarding net_;
  EngineGroup group_;
  std::array<std::unique_ptr<NodeWriters>, 3> nodes_;
};

TEST_F(Forwarding, AWriteOnAReplicaIsDoneByTheMasterAndSeenHereAtOnce) {
  for (int i = 1; i <= 20; ++i) {
    const auto done = nodes_[1]->Increment("n", {.timeout = kPatience});
    ASSERT_TRUE(done.ok()) << done.status();
    EXPECT_EQ(done->value, i);
    EXPECT_EQ(done->receipt.epoch, kFirst.number);
    EXPECT_EQ(On(1, "n"), absl::StrCat(i)) << "read your own writes";
  }
  EXPECT_EQ(nodes_[1]->forwarder->counters().sent, 20u);
  EXPECT_EQ(nodes_[0]->server.counters().received, 20u);
  EXPECT_EQ(nodes_[0]->server.counters().once_more, 0u);
}

TEST_F(Forwarding, EveryOperationGivesWhatItGivesOnTheMaster) {
  NodeWriters& b = *nodes_[1];
  const WriteOptions quorum = Quorum();
  const auto set = b.Forward<SetResult>(
      Command::Set("k", "5", {.return_previous = true, .ack = Ack::kQuorum}));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_TRUE(set->applied);
  EXPECT_FALSE(set->previous.has_value());
  EXPECT_EQ(set->receipt.reached, Ack::kQuorum);
  const auto refused = b.Forward<SetResult>(Command::Set(
      "k", "6", {.when = When::kIfAbsent, .return_previous = true}));
  EXPECT_FALSE(refused->applied);
  EXPECT_EQ(refused->previous->data, "5");
  EXPECT_EQ(refused->previous->version, set->receipt.index);
  EXPECT_EQ(
      b.Forward<IncrementResult>(Command::Increment("k", 3, quorum))->value, 8);
  EXPECT_EQ(
      b.Forward<IncrementFloatResult>(Command::IncrementFloat("k", 0.5, quorum))
          ->value,
      8.5);
  EXPECT_EQ(
      b.Forward<SizeResult>(Command::Append("k", "00", {.ack = Ack::kDisk}))
          ->receipt.reached,
      Ack::kDisk);
  EXPECT_EQ(b.Forward<SizeResult>(Command::SetRange("k", 0, "9", {}))->size,
            5u);
  EXPECT_TRUE(b.Forward<ChangeResult>(Command::Rename("k", "n", {}))->applied);
  EXPECT_EQ(On(1, "n"), "9.500");
  EXPECT_TRUE(absl::IsNotFound(
      b.Forward<ChangeResult>(Command::Rename("k", "n", {})).status()));
  EXPECT_TRUE(b.Forward<ChangeResult>(Command::Expire("n", absl::Hours(1), {}))
                  ->applied);
  EXPECT_NE(group_[1].engine->Get("n")->expires_at, WallTime{});
  EXPECT_FALSE(
      b.Forward<ChangeResult>(
           Command::Expire("n", absl::Hours(2), {.when = ExpireIf::kNever}))
          ->applied);
  EXPECT_TRUE(b.Forward<ChangeResult>(Command::Persist("n", {}))->applied);
  EXPECT_TRUE(
      b.Forward<ChangeResult>(Command::ExpireAt("n", absl::InfinitePast(), {}))
          ->applied);
  EXPECT_EQ(On(1, "n"), "(none)");
  const auto batch = b.Forward<BatchResult>(Command::Write(
      Batch().Set("x", "1").Set("y", "2").Increment("x"), quorum));
  ASSERT_EQ(batch->results.size(), 3u);
  EXPECT_EQ(batch->results[2].integer, 2);
  EXPECT_TRUE(absl::IsAborted(
      b.Forward<BatchResult>(Command::Write(Batch().CheckAbsent("x"), {}))
          .status()));
  EXPECT_EQ(
      b.Forward<Receipt>(Command::Wait(batch->receipt, Ack::kDisk, kPatience))
          ->reached,
      Ack::kDisk);
  EXPECT_TRUE(absl::IsFailedPrecondition(
      b.Forward<Receipt>(
           Command::Wait({.epoch = 7, .index = 1}, Ack::kDisk, kPatience))
          .status()));
  EXPECT_TRUE(b.Forward<DeleteResult>(Command::Delete("x", {}))->existed);
  EXPECT_EQ(
      b.Forward<DeleteManyResult>(Command::DeleteMany({"x", "y", "y"}, {}))
          ->deleted,
      1u);
  ASSERT_TRUE(
      b.Forward<SetResult>(Command::Set("z", "v", {.database = 1})).ok());
  EXPECT_TRUE(b.Forward<Receipt>(Command::SwapDatabases(0, 1, quorum)).ok());
  EXPECT_EQ(On(1, "z"), "v");
  EXPECT_TRUE(b.Forward<Receipt>(Command::FlushDatabase({})).ok());
  EXPECT_EQ(On(1, "z"), "(none)");
  EXPECT_TRUE(b.Forward<Receipt>(Command::FlushAll(quorum)).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(
      b.Forward<SetResult>(Command::Set("", "v", {})).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      b.Forward<SetResult>(Command::Set("k", "v", {.database = 16})).status()));
}

TEST_F(Forwarding, SoDoAsynchronousWrites) {
  Promised<IncrementResult> told;
  EXPECT_TRUE(
      nodes_[1]->async.Increment("n", 2, Quorum(), told.done()).accepted());
  const auto done = told.Get();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->value, 2);
  EXPECT_EQ(done->receipt.reached, Ack::kQuorum);
  EXPECT_EQ(On(1, "n"), "2");
  // In the order of the calls.
  std::vector<Promised<SetResult>> many(100);
  for (size_t i = 0; i < many.size(); ++i) {
    EXPECT_TRUE(nodes_[1]
                    ->async
                    .Set("last", absl::StrCat(i), {.timeout = kPatience},
                         many[i].done())
                    .accepted());
  }
  for (auto& each : many) EXPECT_TRUE(each.Get().ok());
  EXPECT_EQ(On(0, "last"), "99");
}

TEST_F(Forwarding, AnAnswerThatIsLostIsGivenAgainAndNothingIsDoneTwice) {
  net_.LoseAnswers(3);
  const auto done = nodes_[1]->Increment("n", {.timeout = kPatience});
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->value, 1);
  EXPECT_EQ(On(0, "n"), "1");
  EXPECT_EQ(done->receipt.index, group_[0].engine->Get("n")->version)
      << "of the write, not of the answer";
  EXPECT_EQ(nodes_[0]->server.counters().once_more, 3u);
  EXPECT_EQ(nodes_[1]->forwarder->counters().retried, 3u);
}

TEST_F(Forwarding, ARequestThatIsLostIsDoneByTheNextCopy) {
  net_.LoseRequests(2);
  EXPECT_EQ(nodes_[1]->Increment("n", {.timeout = kPatience})->value, 1);
  EXPECT_EQ(nodes_[0]->server.counters().once_more, 0u);
}

TEST_F(Forwarding, WhatWasNotAppliedInDoubtIsNotAppliedByACopyThatComesLate) {
  net_.LoseRequests(1);
  const auto refused = nodes_[1]->Forward<SetResult>(
      Command::Set("k", "v", {.when = When::kIfPresent, .timeout = kPatience}));
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_FALSE(refused->applied);
  // The condition holds now, and the copy that was lost on the way arrives.
  group_[0].Set("k", "there");
  const ForwardRequest late = net_.requests()[0];
  std::promise<ForwardReply> told;
  nodes_[0]->server.Serve(late, [&](ForwardReply r) { told.set_value(r); });
  const ForwardReply reply = told.get_future().get();
  EXPECT_TRUE(reply.once_more);
  EXPECT_EQ(On(0, "k"), "there");
}

TEST_F(Forwarding, AnErrorInDoubtStaysThatErrorToo) {
  group_[0].Set("n", "no number");
  net_.LoseRequests(1);
  EXPECT_TRUE(absl::IsInvalidArgument(
      nodes_[1]->Increment("n", {.timeout = kPatience}).status()));
  group_[0].Set("n", "1");
  std::promise<ForwardReply> told;
  nodes_[0]->server.Serve(net_.requests()[0],
                          [&](ForwardReply r) { told.set_value(r); });
  EXPECT_TRUE(absl::IsInvalidArgument(told.get_future().get().status));
  EXPECT_EQ(On(0, "n"), "1");
}

// Another copy may be in the log of a node that would be elected.
TEST_F(Forwarding, AnErrorInDoubtIsToldOnlyWhenItsAckIsReached) {
  group_[0].Set("n", "no number");
  Separate(group_);
  net_.LoseRequests(1);
  const uint64_t before = group_[0].engine->last_index();
  Promised<IncrementResult> told;
  EXPECT_TRUE(
      nodes_[1]->async.Increment("n", 1, Quorum(), told.done()).accepted());
  ASSERT_TRUE(group_.Eventually(
      [&] { return group_[0].engine->last_index() > before; }));
  EXPECT_EQ(nodes_[1]->forwarder->counters().under_way, 1u);
  Join(group_);
  EXPECT_TRUE(absl::IsInvalidArgument(told.Get().status()));
  EXPECT_GT(group_[0].replicator->commit_point().index, before);
}

TEST_F(Forwarding, ACopyForAnEpochThatIsOverDoesNothing) {
  net_.HoldAnswers(true);
  Promised<IncrementResult> told;
  EXPECT_TRUE(
      nodes_[1]->async.Increment("n", 1, Quorum(), told.done()).accepted());
  ASSERT_TRUE(group_.Eventually([&] { return On(2, "n") == "1"; }));
  const ForwardRequest copy = net_.requests()[0];
  const size_t master = FailOver({2, NodeId{9}}, {0, 1, 2});
  for (size_t i = 0; i < 3; ++i) {
    std::promise<ForwardReply> answer;
    nodes_[i]->server.Serve(copy, [&](ForwardReply r) { answer.set_value(r); });
    EXPECT_EQ(answer.get_future().get().kind, ForwardReply::Kind::kNotMaster);
  }
  net_.HoldAnswers(false);
  EXPECT_EQ(told.Get()->value, 1);
  EXPECT_EQ(On(master, "n"), "1");
}

TEST_F(Forwarding, AfterAFailoverTheNewMasterKnowsWhatItHasOfTheOld) {
  // The answer is on its way when the master dies; the write is at both replicas.
  net_.HoldAnswers(true);
  Promised<IncrementResult> told;
  EXPECT_TRUE(
      nodes_[1]->async.Increment("n", 1, Quorum(), told.done()).accepted());
  ASSERT_TRUE(group_.Eventually(
      [&] { return On(1, "n") == "1" && On(2, "n") == "1"; }));
  nodes_[0].reset();
  group_.Close(group_[0]);
  const size_t master = FailOver({2, NodeId{9}}, {1, 2});
  net_.HoldAnswers(false);
  const auto done = told.Get();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->value, 1);
  EXPECT_EQ(done->receipt.epoch, kFirst.number) << "that is who wrote it";
  EXPECT_EQ(On(master, "n"), "1");
  EXPECT_EQ(nodes_[master]->server.counters().once_more, 1u);
}

TEST_F(Forwarding, AWriteThatIsLostWithTheOldMasterIsDoneByTheNewOne) {
  Separate(group_);
  net_.HoldAnswers(true);
  Promised<IncrementResult> told;
  EXPECT_TRUE(
      nodes_[1]->async.Increment("n", 1, Quorum(), told.done()).accepted());
  ASSERT_TRUE(group_.Eventually([&] { return On(0, "n") == "1"; }));
  const size_t master = FailOver({2, NodeId{9}}, {1, 2});
  net_.HoldAnswers(false);
  const auto done = told.Get();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->receipt.epoch, 2u);
  // The old master comes back, and its own copy goes.
  Join(group_);
  group_.Fence(group_[0], {2, NodeId{9}});
  group_.Follow(group_[0], group_[master], {2, NodeId{9}});
  ASSERT_TRUE(group_.AreLevel(group_[0], group_[master]));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(On(i, "n"), "1");
  EXPECT_EQ(group_[0].status().full_syncs, 0u) << "a rewind is enough";
}

TEST_F(Forwarding, AWriteWaitsForTheMasterThatIsToCome) {
  group_.Fence(group_[0], {2, NodeId{9}});
  Promised<IncrementResult> told;
  EXPECT_TRUE(
      nodes_[0]->async.Increment("n", 1, Quorum(), told.done()).accepted());
  FailOver({3, NodeId{9}}, {0, 1, 2});
  const auto done = told.Get();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->value, 1);
}

// A node that ends in order serves the others a little longer than its own callers.
TEST_F(Forwarding, AMasterThatEndsLeavesTheWritesOfOthersToTheNextOne) {
  nodes_[0]->writer.Close();
  Promised<IncrementResult> told;
  EXPECT_TRUE(
      nodes_[1]->async.Increment("n", 1, Quorum(), told.done()).accepted());
  ASSERT_TRUE(group_.Eventually(
      [&] { return nodes_[1]->forwarder->counters().retried > 0; }));
  nodes_[0].reset();
  group_.Close(group_[0]);
  FailOver({2, NodeId{9}}, {1, 2});
  const auto done = told.Get();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->value, 1);
}

TEST_F(Forwarding, WithoutAMasterTheErrorSaysThatNothingWasApplied) {
  nodes_[0].reset();
  group_.Close(group_[0]);
  const auto late =
      nodes_[1]->Increment("n", {.timeout = absl::Milliseconds(50)});
  // It was sent to where the master was, and nobody can know more than that.
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.status()) ||
              absl::IsUnavailable(late.status()))
      << late.status();
  const auto at_once =
      nodes_[1]->Increment("n", {.timeout = absl::ZeroDuration()});
  EXPECT_TRUE(absl::IsFailedPrecondition(at_once.status())) << at_once.status();
}

TEST_F(Forwarding, TheEndOfTheNodeTellsWhoWaits) {
  net_.HoldAnswers(true);
  Promised<IncrementResult> told;
  EXPECT_TRUE(
      nodes_[1]->async.Increment("n", 1, Quorum(), told.done()).accepted());
  nodes_[1].reset();
  EXPECT_TRUE(absl::IsCancelled(told.Get().status()));
}

TEST_F(Forwarding, AChangeStreamAndTheKeysOfTheApplicationDoNotKnowOfSessions) {
  net_.LoseRequests(1);
  ASSERT_TRUE(nodes_[1]->Increment("n", Quorum()).ok());
  ASSERT_TRUE(group_.AreLevel(group_[0], group_[1]));
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(group_[i].engine->status().keys, 1u);
}

TEST_F(Forwarding, CopiesThatComeTogetherAreOneWrite) {
  constexpr uint64_t kWrites = 100;
  constexpr int kCopies = 4;
  const auto command = std::make_shared<const Command>(
      Command::Increment("n", 1, {.timeout = kPatience}));
  for (uint64_t i = 1; i <= kWrites; ++i) {
    std::atomic<int> answers{0};
    std::atomic<int> wrong{0};
    std::vector<std::thread> copies;
    for (int c = 0; c < kCopies; ++c) {
      copies.emplace_back([&] {
        nodes_[0]->server.Serve(
            {.session = {7, 7},
             .slot = 1,
             .sequence = i,
             .epoch = kFirst,
             .in_doubt = true,
             .command = command,
             .time_left = kPatience},
            [&](const ForwardReply& reply) {
              const auto outcome = DecodeOutcome(reply.outcome);
              wrong += !outcome.ok() ||
                       outcome->results[0].integer != static_cast<int64_t>(i);
              ++answers;
            });
      });
    }
    for (std::thread& copy : copies) copy.join();
    ASSERT_TRUE(group_.Eventually([&] { return answers == kCopies; }));
    EXPECT_EQ(wrong, 0) << "all are told the same";
  }
  EXPECT_EQ(On(0, "n"), absl::StrCat(kWrites));
  EXPECT_EQ(nodes_[0]->server.counters().once_more, kWrites * (kCopies - 1));
}

TEST_F(Forwarding, AWriteThatItsSenderHasGivenUpDoesNothingBehindTheNextOne) {
  const auto serve = [&](uint64_t sequence) {
    std::promise<ForwardReply> told;
    nodes_[0]->server.Serve({.session = {7, 7},
                             .slot = 1,
                             .sequence = sequence,
                             .epoch = kFirst,
                             .command = std::make_shared<const Command>(
                                 Command::Increment("n", 1, {})),
                             .time_left = kPatience},
                            [&](ForwardReply r) { told.set_value(r); });
    return told.get_future().get();
  };
  EXPECT_TRUE(serve(5).status.ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(serve(4).status));
  EXPECT_EQ(On(0, "n"), "1");
  EXPECT_TRUE(serve(6).status.ok());
  EXPECT_EQ(On(0, "n"), "2");
}

TEST_F(Forwarding, OfALargePreviousValueOnlyThatItWasIsRemembered) {
  group_[0].Set("k", std::string(kOutcomeBytesMax + 1, 'x'));
  const auto told = nodes_[1]->Forward<SetResult>(
      Command::Set("k", "1", {.return_previous = true, .timeout = kPatience}));
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->previous->data.size(), kOutcomeBytesMax + 1);
  group_[0].Set("k", std::string(kOutcomeBytesMax + 1, 'x'));
  net_.LoseAnswers(1);
  const auto lost = nodes_[1]->Forward<SetResult>(
      Command::Set("k", "2", {.return_previous = true, .timeout = kPatience}));
  EXPECT_TRUE(absl::IsDeadlineExceeded(lost.status())) << lost.status();
  ASSERT_TRUE(ReceiptOf(lost.status()).has_value());
  EXPECT_EQ(ReceiptOf(lost.status())->index,
            group_[0].engine->Get("k")->version);
  EXPECT_EQ(On(0, "k"), "2");
}

class ForwardingToABoundedMaster : public Forwarding {
 protected:
  ForwardingToABoundedMaster() : Forwarding({.bounds = {.operations = 1}}) {}
};

TEST_F(ForwardingToABoundedMaster, WhoWaitsWaitsForRoomThere) {
  Separate(group_);
  ASSERT_TRUE(nodes_[0]->writer.Set("k", "v", {}, Room::kRefuse).ok());
  Promised<IncrementResult> refused;
  EXPECT_TRUE(
      nodes_[1]
          ->async.Increment("n", 1, {.timeout = kPatience}, refused.done())
          .accepted());
  EXPECT_TRUE(absl::IsResourceExhausted(refused.Get().status()));
  const auto late =
      nodes_[1]->Increment("n", {.timeout = absl::Milliseconds(50)});
  EXPECT_TRUE(absl::IsResourceExhausted(late.status())) << late.status();
  EXPECT_EQ(On(0, "n"), "(none)");
  std::thread waits([&] {
    EXPECT_TRUE(nodes_[1]->Increment("n", {.timeout = kPatience}).ok());
  });
  Join(group_);
  waits.join();
  EXPECT_EQ(On(0, "n"), "1");
}

// Many threads increment counters through replicas, while masters are killed one after
// the other and answers are lost: what was told OK is there, once each, and besides only
// what was told to be unknown may be.
TEST_F(Forwarding, ManyIncrementsOverManyFailoversAreAppliedOnceEach) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 6;
  std::atomic<bool> stop{false};
  std::array<std::atomic<int>, kThreads> done{};
  std::array<std::atomic<int>, kThreads> unknown{};
  // The masters rotate over 0 and 2: node 1 stays and forwards all the time.
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string key = absl::StrCat("n", t);
      while (!stop) {
        const auto result = nodes_[1]->Increment(key, Quorum());
        if (result.ok()) {
          ++done[t];
        } else if (absl::IsDeadlineExceeded(result.status())) {
          ++unknown[t];
        } else {
          ADD_FAILURE() << result.status();
          return;
        }
      }
    });
  }
  Random random(7);
  size_t master = 0;
  bool was_master = false;
  for (int round = 0; round < kRounds; ++round) {
    const Epoch epoch{static_cast<uint64_t>(2 + round), NodeId{9}};
    const int target = done[0] + 5;
    EXPECT_TRUE(group_.Eventually([&] { return done[0] >= target; }));
    net_.LoseAnswers(static_cast<int>(random.Uniform(4)));
    nodes_[master].reset();
    group_.Close(group_[master]);
    const size_t other = 2 - master;
    const FenceReply fenced = group_.Fence(group_[other], epoch);
    const FenceReply forwards = group_.Fence(group_[1], epoch);
    // Node 1 must not be master; who is behind it catches up with it first.
    if (forwards.view.position > fenced.view.position) {
      was_master = true;
      const Epoch first{epoch.number, NodeId{10}};
      group_.Fence(group_[other], first);
      ASSERT_TRUE(
          group_.Promote(group_[1], first, group_.Fence(group_[1], first)));
      group_.Follow(group_[other], group_[1], first);
      ASSERT_TRUE(group_.AreLevel(group_[1], group_[other]));
      const Epoch second{epoch.number, NodeId{11}};
      group_.Fence(group_[1], second);
      ASSERT_TRUE(group_.Promote(group_[other], second,
                                 group_.Fence(group_[other], second)));
      group_.Follow(group_[1], group_[other], second);
      master = other;
      group_.Open(group_[2 - master]);
      OpenWriters(2 - master);
      group_.Fence(group_[2 - master], second);
      group_.Follow(group_[2 - master], group_[master], second);
    } else {
      ASSERT_TRUE(group_.Promote(group_[other], epoch, fenced));
      group_.Follow(group_[1], group_[other], epoch);
      master = other;
      group_.Open(group_[2 - master]);
      OpenWriters(2 - master);
      group_.Fence(group_[2 - master], epoch);
      group_.Follow(group_[2 - master], group_[master], epoch);
    }
    ASSERT_TRUE(group_.Eventually(
        [&] { return group_[2 - master].status().view.formed; }));
  }
  const int target = done[0] + 5;
  EXPECT_TRUE(group_.Eventually([&] { return done[0] >= target; }));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(group_.AreLevel(group_[1], group_[master]));
  for (int t = 0; t < kThreads; ++t) {
    const int value = std::stoi(On(1, absl::StrCat("n", t)));
    EXPECT_GE(value, done[t]) << "what was acknowledged is lost";
    EXPECT_LE(value, done[t] + unknown[t]) << "something was done twice";
    // What node 1 accepts itself is not forwarded: it does not outlive its role.
    EXPECT_TRUE(was_master || unknown[t] == 0) << "there was a master in time";
  }
}

}  // namespace
}  // namespace vigil
