#include "replication/replication_core.h"

#include <functional>

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

constexpr uint64_t kNonce = 77;

// One member and what its shell would keep: the log's end, and what is on disk.
class Core {
 public:
  Core(MemberState state, uint64_t end,
       const Options& with = {.address = "here:1"})
      : options(with),
        last(end),
        on_disk(state),
        core_(options, state, end, kNonce, 1) {}

  const Actions& Step(Event event) {
    actions = core_.Step(std::move(event), now);
    for (const Action& action : actions) {
      if (const auto* persist = std::get_if<Persist>(&action)) {
        on_disk = persist->state;
      } else if (const auto* commit = std::get_if<CommitStaging>(&action)) {
        on_disk = commit->state;
      } else if (const auto* open = std::get_if<OpenGate>(&action)) {
        last += open->configuration_record.empty() ? 1 : 2;
      }
    }
    return actions;
  }
  const Actions& Progress(uint64_t end) {
    last = end;
    return Step(LogProgressed{end, end, end});
  }

  bool Fence(const Epoch& epoch) {
    return Find<AnswerFence>(Step(FenceAsked{1, {epoch}}))->promised;
  }
  // As the leader does it: with what the member answered to Fence.
  PromoteRequest RequestFor(const Epoch& epoch) const {
    return {.epoch = epoch,
            .position = view().position,
            .nonce = view().nonce,
            .configuration = Group(3)};
  }
  std::string Promote(const PromoteRequest& request) {
    return Find<AnswerPromote>(Step(PromoteAsked{2, request}))->refusal;
  }
  bool ReplicaOf(const Epoch& epoch, const std::string& master) {
    return Find<AnswerReplicaOf>(
               Step(ReplicaOfAsked{
                   3, {epoch, master, master + ":1", IdOf(master)}}))
        ->accepted;
  }
  const Actions& ReceiveHello(LinkId link, const std::string& from,
                              const Epoch& epoch) {
    return Step(MessageReceived{.link = link,
                                .message = Hello{.group = "g",
                                                 .name = from,
                                                 .id = IdOf(from),
                                                 .lineage = kLineage,
                                                 .epoch = epoch,
                                                 .position = {E(1), 10},
                                                 .history = H({{1, 1}}),
                                                 .nonce = 5},
                                .log_holds_from = 1});
  }

  MemberView view() const { return core_.ViewAt(last); }
  const ReplicationCore& operator*() const { return core_; }
  const ReplicationCore* operator->() const { return &core_; }

  const Options options;
  MonoTime now = At(0);
  uint64_t last;
  MemberState on_disk;
  Actions actions;

 private:
  ReplicationCore core_;
};

// "a", whose log ends at (1, 10).
Core Replica() { return Core(Formed("a", H({{1, 1}}), E(1)), 10); }

// "a", master of epoch 2 from index 11 on; the epoch record is in its log.
Core Master() {
  Core core = Replica();
  EXPECT_TRUE(core.Fence(E(2)));
  EXPECT_EQ(core.Promote(core.RequestFor(E(2))), "");
  core.Progress(11);
  return core;
}

// "a", following "b", master of epoch 2; the stream is up.
Core Linked(bool full = false) {
  Core core = Replica();
  EXPECT_TRUE(core.ReplicaOf(E(2), "b"));
  core.Step(MessageReceived{
      .link = core->follower().link(),
      .message = Welcome{.epoch = E(2),
                         .lineage = kLineage,
                         .history = H({{1, 1}, {2, 11}}),
                         .configurations = Group(3),
                         .full = full,
                         .from = full ? uint64_t{30} : uint64_t{10},
                         .target = full ? uint64_t{30} : uint64_t{12},
                         .nonce = kNonce}});
  return core;
}

// --- The promise

TEST(Promise, IsOnDiskBeforeTheAnswer) {
  Core core = Replica();
  core.Step(FenceAsked{1, {E(2)}});
  EXPECT_TRUE((Precedes<Persist, AnswerFence>(core.actions)));
  EXPECT_EQ(core.on_disk.promise, E(2));

  core.Step(ReplicaOfAsked{1, {E(3), "b", "b:1", IdOf("b")}});
  EXPECT_TRUE((Precedes<Persist, Dial>(core.actions)));
  EXPECT_TRUE((Precedes<Persist, AnswerReplicaOf>(core.actions)));
  EXPECT_EQ(core.on_disk.promise, E(3));

  core.ReceiveHello(1, "b", E(4));
  EXPECT_TRUE((Precedes<Persist, Feed>(core.actions)));
  EXPECT_EQ(core.on_disk.promise, E(4));
}

TEST(Promise, IsThePairOfNumberAndLeader) {
  Core core = Replica();
  EXPECT_TRUE(core.Fence(E(2, NodeId{5})));
  EXPECT_FALSE(core.Fence(E(2, NodeId{4})));
  EXPECT_TRUE(core.Fence(E(2, NodeId{5}))) << "the same again";
  EXPECT_TRUE(core.Fence(E(2, NodeId{6})));
  EXPECT_NE(core.Promote(core.RequestFor(E(2, NodeId{5}))), "");
}

TEST(Promise, WhatIsBelowItIsRefusedAndChangesNothing) {
  Core core = Replica();
  EXPECT_TRUE(core.Fence(E(5)));
  const MemberState before = core.on_disk;
  EXPECT_FALSE(core.Fence(E(4)));
  EXPECT_NE(core.Promote(core.RequestFor(E(4))), "");
  EXPECT_FALSE(core.ReplicaOf(E(4), "b"));
  core.ReceiveHello(1, "b", E(4));
  const Feed* feed = Find<Feed>(core.actions);
  ASSERT_NE(feed, nullptr);
  EXPECT_EQ(std::get<Refused>(feed->answer).promise, E(5)) << "it is told";
  EXPECT_EQ(core->state(), before);
  EXPECT_EQ(core.on_disk, before);
}

TEST(Promise, NoEpochIsRefused) {
  Core core(Fresh("a"), 0);
  EXPECT_FALSE(core.Fence(Epoch{}));
  EXPECT_FALSE(core.ReplicaOf(Epoch{}, "b"));
  EXPECT_EQ(Find<Dial>(core.actions), nullptr);
  EXPECT_NE(core.Promote(core.RequestFor(Epoch{})), "");
}

TEST(Promise, IsRaisedByARefusalThatKnowsAHigherOne) {
  Core core = Replica();
  ASSERT_TRUE(core.ReplicaOf(E(2), "b"));
  core.Step(MessageReceived{.link = core->follower().link(),
                            .message = Refused{.promise = E(7), .why = "old"}});
  EXPECT_EQ(core.on_disk.promise, E(7));
  EXPECT_FALSE(core->follower().following());
}

TEST(Promise, AnotherGroupsHelloDoesNotRaiseIt) {
  Core core = Replica();
  core.Step(MessageReceived{
      .link = 1,
      .message = Hello{.group = "other", .name = "b", .epoch = E(9)}});
  EXPECT_EQ(core->state().promise, E(1));
}

// --- Promotion

TEST(Promotion, HistoryIsOnDiskBeforeTheGateOpensAndAnyoneLearnsOfIt) {
  Core core = Replica();
  ASSERT_TRUE(core.Fence(E(2)));
  EXPECT_EQ(core.Promote(core.RequestFor(E(2))), "");
  EXPECT_TRUE((Precedes<Persist, OpenGate>(core.actions)));
  EXPECT_TRUE((Precedes<OpenGate, AnswerPromote>(core.actions)));
  EXPECT_EQ(core.on_disk.history, H({{1, 1}, {2, 11}}));
  EXPECT_TRUE(core->is_master());
  EXPECT_FALSE(core->is_settled_master());
}

TEST(Promotion, IsRefusedUnlessEverythingIsAsTheLeaderWasTold) {
  struct Case {
    const char* why;
    std::function<void(Core&, PromoteRequest&)> change;
  };
  const Case cases[] = {
      {"its promise is", [](Core&, PromoteRequest& r) { r.epoch = E(3); }},
      {"its promise is",
       [](Core&, PromoteRequest& r) { r.epoch = E(2, NodeId{1}); }},
      {"its promise is", [](Core& c, PromoteRequest&) { c.Fence(E(3)); }},
      {"it restarted", [](Core&, PromoteRequest& r) { r.nonce = 76; }},
      {"it is at", [](Core&, PromoteRequest& r) { r.position.index = 9; }},
      {"it is at", [](Core&, PromoteRequest& r) { r.position.epoch = E(2); }},
      {"it is at", [](Core& c, PromoteRequest&) { c.Progress(12); }},
      {"its storage failed",
       [](Core& c, PromoteRequest&) { c.Step(StorageFailed{}); }},
  };
  for (const Case& c : cases) {
    Core core = Replica();
    ASSERT_TRUE(core.Fence(E(2)));
    PromoteRequest request = core.RequestFor(E(2));
    c.change(core, request);
    const std::string refusal = core.Promote(request);
    EXPECT_NE(refusal.find(c.why), std::string::npos) << refusal << c.why;
    EXPECT_EQ(Find<OpenGate>(core.actions), nullptr) << c.why;
    EXPECT_FALSE(core->is_master()) << c.why;
  }
}

TEST(Promotion, HappensOnceInAnEpoch) {
  Core core = Replica();
  ASSERT_TRUE(core.Fence(E(2)));
  const PromoteRequest request = core.RequestFor(E(2));
  EXPECT_EQ(core.Promote(request), "");
  core.Progress(11);
  EXPECT_NE(core.Promote(request), "") << "a duplicate";
  EXPECT_NE(core.Promote(core.RequestFor(E(2))), "") << "a second try";
  EXPECT_EQ(Find<OpenGate>(core.actions), nullptr);
  EXPECT_TRUE(core->is_master());
}

TEST(Promotion, OfAReplicaThatSawTheEpochIsRefused) {
  Core core = Linked();
  EXPECT_NE(core.Promote(core.RequestFor(E(2))).find("has that epoch"),
            std::string::npos);
}

TEST(Promotion, OfAnUnformedMemberNeedsAllMembers) {
  MemberState lost = Formed("a", H({{1, 1}}), E(1));
  lost.formed = false;
  Core core(lost, 10);
  ASSERT_TRUE(core.Fence(E(2)));
  PromoteRequest request = core.RequestFor(E(2));
  EXPECT_EQ(core.Promote(request), "it is not formed");
  request.all_members = true;
  EXPECT_EQ(core.Promote(request), "");
  EXPECT_TRUE(core.on_disk.formed) << "a promotion makes the chosen formed";
}

TEST(Promotion, InMidSyncIsRefusedEvenWithAllMembers) {
  Core core = Linked(/*full=*/true);
  ASSERT_TRUE(core->follower().replacing());
  PromoteRequest request = core.RequestFor(E(2));
  request.all_members = true;
  EXPECT_NE(core.Promote(request).find("full sync"), std::string::npos);
}

TEST(Promotion, OfAMemberThatTheGroupKnowsUnderAnotherIdentityIsRefused) {
  MemberState wiped = Formed("a", H({{1, 1}}), E(1));
  wiped.id = NodeId{99};
  Core core(wiped, 10);
  EXPECT_FALSE(core.view().formed);
  ASSERT_TRUE(core.Fence(E(2)));
  PromoteRequest request = core.RequestFor(E(2));
  request.all_members = true;
  EXPECT_NE(core.Promote(request).find("identity"), std::string::npos);
}

TEST(Promotion, AnEpochWithoutARecordLeavesNothingBehind) {
  // Promoted at 2, killed before the epoch record was in the log.
  Core core(Formed("a", H({{1, 1}, {2, 11}}), E(2)), 10);
  EXPECT_EQ(core.view().position, (Position{E(1), 10}));
  EXPECT_EQ(core.view().history_epoch, E(1));
  ASSERT_TRUE(core.Fence(E(3)));
  EXPECT_EQ(core.Promote(core.RequestFor(E(3))), "");
  EXPECT_EQ(core.on_disk.history, H({{1, 1}, {3, 11}}));
}

// --- Bootstrap

TEST(Bootstrap, TheChosenOneCreatesTheLineageAndRecordsTheMembers) {
  Core core(Fresh("a"), 0);
  EXPECT_FALSE(core.view().formed);
  ASSERT_TRUE(core.Fence(E(1)));
  PromoteRequest request = core.RequestFor(E(1));
  EXPECT_EQ(core.Promote(request), "it is not formed");
  request.all_members = true;
  EXPECT_EQ(core.Promote(request), "");
  EXPECT_TRUE(core.on_disk.lineage);
  EXPECT_TRUE(core.on_disk.formed);
  EXPECT_EQ(core.on_disk.configurations.newest(), Group(3));
  EXPECT_EQ(core.on_disk.history, H({{1, 1}}));
  const OpenGate* open = Find<OpenGate>(core.actions);
  ASSERT_NE(open, nullptr);
  EXPECT_EQ(open->configuration_record, EncodeConfiguration(Group(3)));
}

TEST(Bootstrap, ARecordedConfigurationIsNotReplacedByTheLeaders) {
  Core core = Replica();
  ASSERT_TRUE(core.Fence(E(2)));
  PromoteRequest request = core.RequestFor(E(2));
  request.configuration = Group(5);
  EXPECT_EQ(core.Promote(request), "");
  EXPECT_EQ(core.on_disk.configurations.newest(), Group(3));
  EXPECT_EQ(Find<OpenGate>(core.actions)->configuration_record, "");
}

// --- The end of being master

TEST(SteppingDown, AMasterStopsAtAnythingOfAHigherEpoch) {
  const std::function<void(Core&)> reasons[] = {
      [](Core& c) { EXPECT_TRUE(c.Fence(E(3))); },
      [](Core& c) { EXPECT_TRUE(c.ReplicaOf(E(3), "b")); },
      [](Core& c) { c.ReceiveHello(9, "b", E(3)); },
  };
  for (const auto& reason : reasons) {
    Core core = Master();
    core.ReceiveHello(1, "c", E(2));
    reason(core);
    EXPECT_FALSE(core->is_master());
    EXPECT_TRUE((Precedes<CloseGate, Persist>(core.actions)));
    EXPECT_TRUE((Precedes<CloseLink, Persist>(core.actions)));
    EXPECT_EQ(core.on_disk.promise, E(3));
  }
}

TEST(SteppingDown, ABrokenDiskEndsItAndEveryPromise) {
  Core core = Master();
  core.Step(StorageFailed{});
  EXPECT_NE(Find<CloseGate>(core.actions), nullptr);
  EXPECT_FALSE(core->is_master());
  EXPECT_FALSE(core.view().healthy);
  EXPECT_TRUE(core.Step(StorageFailed{}).empty()) << "told once";
  EXPECT_FALSE(core.Fence(E(3)));
  EXPECT_FALSE(core.ReplicaOf(E(3), "b"));
  EXPECT_NE(core.Promote(core.RequestFor(E(2))), "");
  core.ReceiveHello(1, "b", E(9));
  EXPECT_EQ(Find<Persist>(core.actions), nullptr);
}

TEST(SteppingDown, AnOldMasterNeverResumesItsEpoch) {
  Core core = Master();
  const PromoteRequest again = core.RequestFor(E(2));
  ASSERT_TRUE(core.Fence(E(3)));
  EXPECT_NE(core.Promote(again), "");
  EXPECT_NE(core.Promote(core.RequestFor(E(2))), "");
}

TEST(SteppingDown, AMasterThatRestartsIsAReplica) {
  Core master = Master();
  Core restarted(master.on_disk, 11);
  EXPECT_FALSE(restarted->is_master());
  EXPECT_EQ(restarted.view().position, (Position{E(2), 11}));
  EXPECT_NE(restarted.Promote(restarted.RequestFor(E(2))), "");
  EXPECT_FALSE(restarted->is_master());
}

TEST(SteppingDown, AMasterIsNoReplicaOfItsOwnEpochNorOfItself) {
  Core core = Master();
  EXPECT_FALSE(core.ReplicaOf(E(2), "b"));
  EXPECT_FALSE(core.ReplicaOf(E(3), "a"));
  EXPECT_TRUE(core->is_master());
}

// --- Master and replicas

TEST(Mastering, IsSettledWhenTheEpochRecordIsCommitted) {
  Core core = Master();
  core.ReceiveHello(1, "b", E(2));
  const Feed* feed = Find<Feed>(core.actions);
  ASSERT_NE(feed, nullptr);
  EXPECT_EQ(std::get<Welcome>(feed->answer).target, 11u);
  core.Step(MessageReceived{.link = 1,
                            .message = Ack{E(2), 10, 10, /*formed=*/true}});
  EXPECT_FALSE(core->is_settled_master());
  core.Step(MessageReceived{.link = 1,
                            .message = Ack{E(2), 11, 11, /*formed=*/true}});
  EXPECT_TRUE(core->is_settled_master());
  EXPECT_EQ(core->commit(), 11u);
}

TEST(Mastering, WhereEveryRecordIsSyncedWhatIsNotOnTheDiskIsNotHeld) {
  ReplicationCore core({.address = "here:1", .all_synced = true},
                       Formed("a", H({{1, 1}}), E(1)), 10, kNonce, 1);
  core.Step(FenceAsked{1, {E(2)}}, At(0));
  core.Step(PromoteAsked{2,
                         {.epoch = E(2),
                          .position = core.ViewAt(10).position,
                          .nonce = kNonce,
                          .configuration = Group(3)}},
            At(0));
  ASSERT_TRUE(core.is_master());
  core.Step(MessageReceived{.link = 1,
                            .message = Hello{.group = "g",
                                             .name = "b",
                                             .id = IdOf("b"),
                                             .lineage = kLineage,
                                             .epoch = E(2),
                                             .position = {E(1), 10},
                                             .history = H({{1, 1}}),
                                             .nonce = 5},
                            .log_holds_from = 1},
            At(0));
  core.Step(
      MessageReceived{.link = 1, .message = Ack{E(2), 11, 11, /*formed=*/true}},
      At(0));
  // A power loss would take it from this member, which would be formed all the same.
  core.Step(LogProgressed{.last = 11, .held = 11, .durable = 10}, At(0));
  EXPECT_EQ(core.commit(), 0u);
  core.Step(LogProgressed{.last = 11, .held = 11, .durable = 11}, At(0));
  EXPECT_EQ(core.commit(), 11u);
}

TEST(Mastering, AcksOfALinkWithoutAHelloCountForNobody) {
  Core core = Master();
  core.Step(MessageReceived{.link = 1, .message = Ack{E(2), 11, 11, true}});
  EXPECT_EQ(core->commit(), 0u);
}

TEST(Mastering, AReplicaHasOneStream) {
  Core core = Master();
  core.ReceiveHello(1, "b", E(2));
  core.ReceiveHello(2, "b", E(2));
  ASSERT_NE(Find<CloseLink>(core.actions), nullptr);
  EXPECT_EQ(Find<CloseLink>(core.actions)->link, 1u);
  core.Step(LinkClosed{1, "closed"});
  EXPECT_TRUE(core->leader()->replicas().at(IdOf("b")).linked);
  core.Step(LinkClosed{2, "closed"});
  EXPECT_FALSE(core->leader()->replicas().at(IdOf("b")).linked);
}

// Found by review: the acks of a link went to whoever said hello on it last.
TEST(Mastering, ASecondHelloEndsTheLink) {
  Core core = Master();
  core.ReceiveHello(1, "b", E(2));
  core.ReceiveHello(1, "c", E(2));
  EXPECT_EQ(Find<Feed>(core.actions), nullptr);
  EXPECT_EQ(Find<CloseLink>(core.actions)->link, 1u);
  EXPECT_FALSE(core->leader()->replicas().at(IdOf("b")).linked);
  EXPECT_FALSE(core->leader()->replicas().at(IdOf("c")).linked);
}

TEST(Mastering, ASilentReplicaIsClosedAndAMasterAloneIsIsolated) {
  Core core = Master();
  core.ReceiveHello(1, "b", E(2));
  core.now = At(500);
  EXPECT_TRUE(core.Step(Ticked{}).empty());
  EXPECT_FALSE(core->is_isolated());
  core.now = At(501);
  core.Step(Ticked{});
  EXPECT_TRUE(core->is_isolated());
  core.now = At(1001);
  EXPECT_EQ(Find<CloseLink>(core.Step(Ticked{}))->link, 1u);
  EXPECT_TRUE(core->is_master()) << "isolated is not deposed";
}

TEST(Mastering, SaysWhenItHasTooFewReplicasAndWhenEnoughAgain) {
  Core core(Formed("a", H({{1, 1}}), E(1)), 10,
            {.address = "here:1", .min_replicas_to_write = 1});
  EXPECT_TRUE(core.Fence(E(2)));
  EXPECT_EQ(core.Promote(core.RequestFor(E(2))), "");
  core.Step(Ticked{});
  EXPECT_FALSE(core->lacks_replicas()) << "it has just begun";
  core.now = At(10001);
  EXPECT_TRUE(Find<Report>(core.Step(Ticked{}))->warning);
  EXPECT_TRUE(core->lacks_replicas());
  EXPECT_TRUE(core.Step(Ticked{}).empty()) << "said once";
  core.ReceiveHello(1, "b", E(2));
  core.Step(MessageReceived{.link = 1, .message = Ack{E(2), 10, 10, true}});
  EXPECT_FALSE(Find<Report>(core.Step(Ticked{}))->warning);
  EXPECT_FALSE(core->lacks_replicas());
  EXPECT_EQ(core->good_replicas(), 1);
  core.Step(LinkClosed{1, "closed"});
  core.Step(Ticked{});
  EXPECT_TRUE(core->lacks_replicas());
  core.Fence(E(3));
  EXPECT_FALSE(core->lacks_replicas()) << "a replica lacks none";
}

// --- Replica

TEST(Following, AFenceInMidSyncFallsBackToTheOldDataSet) {
  Core core = Linked(/*full=*/true);
  EXPECT_FALSE(core.view().exact);
  const MemberState before = core->state();
  EXPECT_TRUE(core.Fence(E(3)));
  EXPECT_TRUE((Precedes<DropStaging, AnswerFence>(core.actions)));
  EXPECT_TRUE(core.view().exact);
  EXPECT_TRUE(core.view().formed);
  EXPECT_EQ(core.view().position, (Position{E(1), 10}));
  EXPECT_EQ(core->state().history, before.history);
  EXPECT_EQ(core.Promote(core.RequestFor(E(3))), "");
}

TEST(Following, WhatALinkThatWasGivenUpStillBringsIsIgnored) {
  Core core = Linked();
  const LinkId link = core->follower().link();
  ASSERT_TRUE(core.Fence(E(3)));
  EXPECT_TRUE(core.Step(MessageReceived{.link = link,
                                        .message = Records{.epoch = E(2),
                                                           .first = 11,
                                                           .last = 11,
                                                           .records = "late"}})
                  .empty());
  EXPECT_TRUE(core.Step(ApplyFailed{link, "late"}).empty());
  EXPECT_TRUE(core.Step(LinkClosed{link, "late"}).empty());
}

TEST(Following, AReplicaOfNobodyDoesNothingOnATick) {
  Core core = Replica();
  core.now = At(100'000);
  EXPECT_TRUE(core.Step(Ticked{}).empty());
}

TEST(Following, ABrokenDiskEndsTheStream) {
  Core core = Linked();
  core.Step(StorageFailed{});
  EXPECT_NE(Find<CloseLink>(core.actions), nullptr);
  EXPECT_FALSE(core->follower().following());
}

TEST(View, TellsWhatASentinelDecidesOn) {
  const MemberView replica = Linked().view();
  EXPECT_EQ(replica.role, Role::kReplica);
  EXPECT_EQ(replica.master, "b");
  EXPECT_EQ(replica.epoch, E(2));
  EXPECT_TRUE(replica.linked);
  EXPECT_EQ(replica.position, (Position{E(1), 10}));
  EXPECT_EQ(replica.history_epoch, E(2));
  EXPECT_EQ(replica.nonce, kNonce);
  EXPECT_EQ(replica.address, "here:1");

  const MemberView master = Master().view();
  EXPECT_EQ(master.role, Role::kMaster);
  EXPECT_EQ(master.master, "a");
  EXPECT_EQ(master.epoch, E(2));
  EXPECT_EQ(master.position, (Position{E(2), 11}));
}

}  // namespace
}  // namespace vigil::replication
