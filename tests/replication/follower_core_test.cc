#include "replication/follower_core.h"

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

constexpr uint64_t kNonce = 77;

// Replica "b" whose log ends at 25, told to follow "a", master of epoch 3 from
// index 20 on. `last` moves as the engine's would.
class Follower : public testing::Test {
 protected:
  explicit Follower(MemberState initial = Formed("b", H({{1, 1}, {3, 20}}),
                                                 E(3)),
                    uint64_t log_end = 25)
      : state(std::move(initial)), last(log_end) {
    core.Follow(master, last, At(0), actions);
    link = core.link();
  }

  // What the core does about this message.
  const Actions& Receive(Message message, int64_t ms = 1) {
    actions.clear();
    MessageReceived event{.link = link, .message = std::move(message)};
    core.OnMessage(event, {.last = last, .held = last, .durable = last}, At(ms),
                   actions);
    return actions;
  }
  const Actions& Tick(int64_t ms) {
    actions.clear();
    core.OnTick({.last = last, .held = last, .durable = last}, At(ms), actions);
    return actions;
  }

  Welcome Continue() const {
    return {.epoch = E(3),
            .lineage = kLineage,
            .history = H({{1, 1}, {3, 20}}),
            .configurations = Group(3),
            .from = last,
            .target = 30,
            .nonce = kNonce};
  }
  Welcome Full() const {
    Welcome welcome = Continue();
    welcome.full = true;
    welcome.from = 30;
    welcome.keys = 1000;
    return welcome;
  }
  static Records Log(uint64_t first, uint64_t end) {
    return {.epoch = E(3),
            .first = first,
            .last = end,
            .records = "bytes",
            .commit = 20,
            .end = end};
  }

  const Options options;
  const Leader master{E(3), "a", "a:1", IdOf("a")};
  MemberState state;
  uint64_t last;
  FollowerCore core{options, kNonce, state};
  Actions actions;
  LinkId link = 0;
};

class UnformedFollower : public Follower {
 protected:
  UnformedFollower() : Follower(Lost(), 25) {}
  static MemberState Lost() {
    MemberState state = Formed("b", H({{1, 1}, {3, 20}}), E(3));
    state.formed = false;
    return state;
  }
};

class NewFollower : public Follower {
 protected:
  NewFollower() : Follower(Fresh("b"), 0) {}
};

// An old master: its epoch 2 wrote 15..25, which the group does not have.
class DivergedFollower : public Follower {
 protected:
  DivergedFollower() : Follower(Formed("b", H({{1, 1}, {2, 15}}), E(3)), 25) {}

  Welcome Rewind() const {
    Welcome welcome = Continue();
    welcome.rewind = true;
    welcome.from = 14;
    return welcome;
  }
  // What the shell found in the tail, in pieces.
  const Actions& TailRead(std::vector<std::string> keys, int64_t ms = 1) {
    actions.clear();
    core.OnTailRead(std::move(keys), At(ms), actions);
    return actions;
  }
};

TEST_F(Follower, DialsWithWhatItIs) {
  const Dial* dial = Find<Dial>(actions);
  ASSERT_NE(dial, nullptr);
  EXPECT_TRUE(dial->link & kOutboundLink);
  EXPECT_EQ(dial->address, "a:1");
  EXPECT_EQ(dial->hello.epoch, E(3));
  EXPECT_EQ(dial->hello.position, (Position{E(3), 25}));
  EXPECT_EQ(dial->hello.history, state.history);
  EXPECT_EQ(dial->hello.nonce, kNonce);
  EXPECT_TRUE(dial->hello.formed);
}

TEST_F(Follower, ToldTheSameAgainItGoesOn) {
  actions.clear();
  core.Follow(master, last, At(1), actions);
  EXPECT_TRUE(actions.empty());
}

TEST_F(Follower, ToldOfAnotherItClosesTheLinkAndDials) {
  actions.clear();
  core.Follow({E(4), "c", "c:1", IdOf("c")}, last, At(1), actions);
  EXPECT_TRUE((Precedes<CloseLink, Dial>(actions)));
  EXPECT_NE(core.link(), link);
}

TEST_F(Follower, ContinuesWhereItsLogEnds) {
  EXPECT_EQ(Find<CloseLink>(Receive(Continue())), nullptr);
  EXPECT_TRUE(core.linked());
  const Apply* apply = Find<Apply>(Receive(Log(26, 28)));
  ASSERT_NE(apply, nullptr);
  EXPECT_EQ(apply->records, "bytes");
  EXPECT_EQ(core.commit(), 20u);
  EXPECT_EQ(core.master_last(), 28u);
}

TEST_F(DivergedFollower, KeepsItsOldStateUntilTheNewOneIsExact) {
  const MemberState before = state;
  const BeginStaging* begin = Find<BeginStaging>(Receive(Full()));
  ASSERT_NE(begin, nullptr);
  EXPECT_EQ(begin->begin_index, 30u);
  EXPECT_EQ(begin->keys_estimate, 1000u);
  ASSERT_TRUE((Precedes<KeepDropped, BeginStaging>(actions)));
  EXPECT_EQ(Find<KeepDropped>(actions)->after, 14u) << "15 to 25 are dropped";
  EXPECT_NE(Find<StageEntries>(Receive(Entries{"entries"})), nullptr);
  EXPECT_TRUE(Receive(EntriesEnd{33}).empty());
  EXPECT_NE(Find<StageLog>(Receive(Log(31, 32))), nullptr);
  EXPECT_EQ(Find<CommitStaging>(Tick(2)), nullptr) << "33 is not there yet";
  EXPECT_NE(Find<StageLog>(Receive(Log(33, 35))), nullptr);
  EXPECT_EQ(state, before);
  EXPECT_TRUE(core.replacing());
  EXPECT_FALSE(core.linked());

  const CommitStaging* commit = Find<CommitStaging>(Tick(3));
  ASSERT_NE(commit, nullptr);
  EXPECT_EQ(commit->state, state);
  EXPECT_EQ(state.history, Full().history);
  EXPECT_TRUE(core.linked());
  EXPECT_EQ(core.full_syncs(), 1u);
}

TEST_F(DivergedFollower, IsNotExactBelowTheIndexOfItsHello) {
  Receive(Full());
  Receive(EntriesEnd{30});
  Welcome ahead = Full();
  EXPECT_NE(Find<CommitStaging>(Tick(2)), nullptr);

  // The master was at 40 when it read the Hello, wherever its walk began.
  core.OnLinkClosed("", At(3), actions);
  Tick(1000);
  ahead.target = 40;
  Receive(ahead);
  Receive(EntriesEnd{30});
  Receive(Log(31, 39));
  EXPECT_EQ(Find<CommitStaging>(Tick(2)), nullptr);
  Receive(Log(40, 40));
  EXPECT_NE(Find<CommitStaging>(Tick(2)), nullptr);
}

// Found by review: the state was changed in the step of the last StageLog. Had
// that failed, the member would have gone on with the new history over the old
// log, and told a position that it did not have.
TEST_F(DivergedFollower, AFailureOfTheLastPieceLeavesTheOldState) {
  const MemberState before = state;
  Receive(Full());
  Receive(EntriesEnd{33});
  EXPECT_EQ(Find<CommitStaging>(Receive(Log(31, 33))), nullptr);
  actions.clear();
  core.OnApplyFailed("not records", At(1), actions);
  EXPECT_EQ(state, before);
  EXPECT_NE(Find<DropStaging>(actions), nullptr);
  EXPECT_EQ(Find<CommitStaging>(Tick(1000)), nullptr);
}

// Found by review: the old log was longer than the new one, and its end would
// have been acknowledged in the new epoch.
TEST_F(DivergedFollower, AcknowledgesTheNewLogOnlyWhenToldWhereItEnds) {
  Receive(Full());
  Receive(EntriesEnd{30});
  EXPECT_EQ(Find<SendAck>(Tick(500)), nullptr) << "the tick that commits";
  actions.clear();
  core.OnProgress({.last = 30, .held = 30, .durable = 30}, At(501), actions);
  ASSERT_NE(Find<SendAck>(actions), nullptr);
  EXPECT_EQ(Find<SendAck>(actions)->ack.held, 30u);
}

// --- Rewinding

TEST_F(DivergedFollower, RewindsKeyByKeyThenByTheLog) {
  const MemberState before = state;
  Receive(Rewind());
  ASSERT_TRUE((Precedes<KeepDropped, BeginRewind>(actions)));
  EXPECT_EQ(Find<KeepDropped>(actions)->after, 14u);
  EXPECT_EQ(Find<KeepDropped>(actions)->history, before.history);
  EXPECT_EQ(Find<BeginRewind>(actions)->common, 14u);

  const SendKeys* sent = Find<SendKeys>(TailRead({"keys 2", "keys 1"}));
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(sent->keys.records, "keys 1");
  EXPECT_TRUE(sent->keys.more);
  EXPECT_NE(Find<StageEntries>(Receive(Entries{"entries"})), nullptr);
  sent = Find<SendKeys>(Receive(EntriesEnd{31}));
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(sent->keys.records, "keys 2");
  EXPECT_FALSE(sent->keys.more);
  EXPECT_TRUE(Receive(EntriesEnd{33}).empty()) << "no entry: they are gone";

  EXPECT_NE(Find<StageLog>(Receive(Log(15, 32))), nullptr);
  EXPECT_EQ(Find<CommitStaging>(Tick(2)), nullptr) << "33 is not there yet";
  EXPECT_NE(Find<StageLog>(Receive(Log(33, 33))), nullptr);
  EXPECT_EQ(state, before);
  EXPECT_TRUE(core.replacing());
  EXPECT_FALSE(core.linked());
  const CommitStaging* commit = Find<CommitStaging>(Tick(3));
  ASSERT_NE(commit, nullptr);
  EXPECT_EQ(commit->state.history, Rewind().history);
  EXPECT_TRUE(core.linked());
  EXPECT_EQ(core.rewinds(), 1u);
  EXPECT_EQ(core.full_syncs(), 0u);
}

TEST_F(DivergedFollower, ARewindIsNotExactBelowTheIndexOfItsHello) {
  Welcome welcome = Rewind();
  welcome.target = 40;
  Receive(welcome);
  TailRead({"keys"});
  Receive(EntriesEnd{30});
  Receive(Log(15, 39));
  EXPECT_EQ(Find<CommitStaging>(Tick(2)), nullptr);
  Receive(Log(40, 40));
  EXPECT_NE(Find<CommitStaging>(Tick(3)), nullptr);
}

TEST_F(DivergedFollower, AfterARewindThatFailedItAsksForAFullSync) {
  const MemberState before = state;
  Receive(Rewind());
  actions.clear();
  core.OnApplyFailed("record 20 empties databases", At(1), actions);
  EXPECT_TRUE((Precedes<DropStaging, CloseLink>(actions)));
  EXPECT_EQ(state, before);
  core.Follow(master, last, At(2), actions);  // as the sentinel repeats it
  const Dial* dial = Find<Dial>(actions);
  ASSERT_NE(dial, nullptr);
  EXPECT_TRUE(dial->hello.no_rewind);
  EXPECT_NE(Find<BeginStaging>(Receive(Full(), 1001)), nullptr);

  actions.clear();
  core.Follow({E(4), "c", "c:1", IdOf("c")}, last, At(1002), actions);
  EXPECT_FALSE(Find<Dial>(actions)->hello.no_rewind) << "another master";
}

TEST_F(DivergedFollower, ABrokenLinkIsNoReasonNotToRewind) {
  Receive(Rewind());
  TailRead({"keys"});
  actions.clear();
  core.OnLinkClosed("gone", At(1), actions);
  EXPECT_NE(Find<DropStaging>(actions), nullptr);
  EXPECT_FALSE(Find<Dial>(Tick(1000))->hello.no_rewind);
}

TEST_F(DivergedFollower, ARewindToAnotherPlaceThanItsOwnIsRefused) {
  for (const uint64_t from : {0, 13, 15, 25, 26}) {
    Welcome welcome = Rewind();
    welcome.from = from;
    EXPECT_NE(Find<CloseLink>(Receive(welcome)), nullptr) << from;
    EXPECT_EQ(Find<BeginRewind>(actions), nullptr) << from;
    Tick(100'000);
  }
}

TEST_F(DivergedFollower, WhatComesOutOfOrderEndsARewind) {
  struct Case {
    const char* why;
    enum { kBegun, kAsked, kAnswered } after;
    Message message;
  };
  const Case cases[] = {
      {"entries that nobody asked for", Case::kBegun, Entries{"e"}},
      {"their end", Case::kBegun, EntriesEnd{30}},
      {"records before the entries", Case::kAsked, Log(15, 15)},
      {"an end at nothing", Case::kAsked, EntriesEnd{0}},
      {"entries after their end", Case::kAnswered, Entries{"e"}},
      {"a second end", Case::kAnswered, EntriesEnd{30}},
      {"a gap", Case::kAnswered, Log(16, 16)},
      {"a second welcome", Case::kAnswered, Rewind()},
      {"keys", Case::kAsked, RewindKeys{"k"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    Receive(Rewind());
    if (c.after >= Case::kAsked) TailRead({"keys"});
    if (c.after >= Case::kAnswered) Receive(EntriesEnd{30});
    Receive(c.message);
    EXPECT_NE(Find<CloseLink>(actions), nullptr);
    EXPECT_NE(Find<DropStaging>(actions), nullptr);
    Tick(100'000);
  }
}

Configuration Changed() {
  Configuration changed = Group(3);
  changed.version = 2;
  changed.readers = {{"r", "r:1", NodeId{9}}};
  return changed;
}

TEST_F(Follower, AConfigurationIsOnDiskBeforeItsRecordIsApplied) {
  Receive(Continue());
  actions.clear();
  MessageReceived event{.link = link,
                        .message = Log(26, 28),
                        .configurations = {{27, Changed()}}};
  core.OnMessage(event, {.last = last, .held = last, .durable = last}, At(2),
                 actions);
  EXPECT_TRUE((Precedes<Persist, Apply>(actions)));
  EXPECT_EQ(state.configurations.At(26), Group(3)) << "not in the log yet";
  EXPECT_EQ(state.configurations.At(27), Changed());
}

TEST_F(Follower, AConfigurationThatTheWelcomeHadCostsNothing) {
  Welcome welcome = Continue();
  welcome.configurations.Append(27, Changed());
  Receive(welcome);
  actions.clear();
  MessageReceived event{.link = link,
                        .message = Log(26, 28),
                        .configurations = {{27, Changed()}}};
  core.OnMessage(event, {.last = last, .held = last, .durable = last}, At(2),
                 actions);
  EXPECT_EQ(Find<Persist>(actions), nullptr);
  EXPECT_NE(Find<Apply>(actions), nullptr);
}

// Found by RandomCluster: what was recorded of the members between the answer to the
// Hello and the beginning of the walk was told by neither.
TEST_F(Follower, AFullSyncWhoseLogBeginsBehindItsHelloIsRefused) {
  Welcome welcome = Full();
  welcome.from = welcome.target + 1;
  Receive(welcome);
  EXPECT_EQ(Find<BeginStaging>(actions), nullptr);
  EXPECT_NE(Find<CloseLink>(actions), nullptr);
}

TEST_F(Follower, AWelcomeThatDoesNotFitEndsTheLink) {
  struct Case {
    const char* why;
    void (*change)(Welcome&);
  };
  const Case cases[] = {
      {"another epoch", [](Welcome& w) { w.epoch = E(4); }},
      {"another leader", [](Welcome& w) { w.epoch = E(3, NodeId{1}); }},
      {"an answer to an earlier start", [](Welcome& w) { w.nonce = 76; }},
      {"no lineage", [](Welcome& w) { w.lineage = Lineage{}; }},
      {"another lineage", [](Welcome& w) { w.lineage = Lineage{5}; }},
      {"a gap", [](Welcome& w) { w.from = 26; }},
      {"an overlap", [](Welcome& w) { w.from = 24; }},
      {"not its epoch's history",
       [](Welcome& w) {
         w.history = H({{1, 1}});
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    const MemberState before = state;
    Welcome welcome = Continue();
    c.change(welcome);
    EXPECT_NE(Find<CloseLink>(Receive(welcome)), nullptr);
    EXPECT_EQ(state, before);
    EXPECT_FALSE(core.linked());
    Tick(100'000);  // dials again, whatever the back-off
  }
}

TEST_F(Follower, WhatComesOutOfOrderEndsTheLink) {
  struct Case {
    const char* why;
    enum { kDialled, kStreaming, kStaging, kWalked } after;
    Message message;
  };
  Records other_epoch = Log(26, 26);
  other_epoch.epoch = E(4);
  const Case cases[] = {
      {"records before the welcome", Case::kDialled, Log(26, 26)},
      {"entries before the welcome", Case::kDialled, Entries{"e"}},
      {"a second welcome", Case::kStreaming, Continue()},
      {"a gap", Case::kStreaming, Log(27, 27)},
      {"an overlap", Case::kStreaming, Log(25, 26)},
      {"backwards", Case::kStreaming, Log(26, 25)},
      {"another epoch", Case::kStreaming, other_epoch},
      {"entries", Case::kStreaming, Entries{"e"}},
      {"end of entries", Case::kStreaming, EntriesEnd{30}},
      {"a hello", Case::kStreaming, Hello{}},
      {"an ack", Case::kStreaming, Ack{}},
      {"a gap in the staged log", Case::kStaging, Log(32, 32)},
      {"an end at nothing", Case::kStaging, EntriesEnd{0}},
      {"entries after their end", Case::kWalked, Entries{"e"}},
      {"a second end", Case::kWalked, EntriesEnd{40}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    if (c.after == Case::kStreaming) Receive(Continue());
    if (c.after >= Case::kStaging) Receive(Full());
    if (c.after == Case::kWalked) Receive(EntriesEnd{31});
    Receive(c.message);
    EXPECT_NE(Find<CloseLink>(actions), nullptr);
    EXPECT_EQ(Count<DropStaging>(actions), c.after >= Case::kStaging ? 1 : 0);
    EXPECT_EQ(Find<Apply>(actions), nullptr);
    Tick(100'000);
  }
}

TEST_F(Follower, APauseDoublesUntilAWelcome) {
  int64_t now = 1;
  for (int64_t pause : {20, 40, 80, 160, 320, 500, 500}) {
    Receive(Refused{.why = "not yet"}, now);
    EXPECT_EQ(Find<Dial>(Tick(now + pause - 1)), nullptr) << pause;
    EXPECT_NE(Find<Dial>(Tick(now + pause)), nullptr) << pause;
    now += pause;
  }
  Receive(Continue(), now);
  core.OnLinkClosed("gone", At(now), actions);
  EXPECT_NE(Find<Dial>(Tick(now + 20)), nullptr);
}

TEST_F(Follower, ASilentMasterIsGivenUp) {
  Receive(Continue(), 1);
  EXPECT_EQ(Find<CloseLink>(Tick(1001)), nullptr);
  Receive(Records{.epoch = E(3)}, 1001);  // a heartbeat
  EXPECT_EQ(Find<CloseLink>(Tick(2001)), nullptr);
  EXPECT_NE(Find<CloseLink>(Tick(2002)), nullptr);
}

TEST_F(Follower, AMasterThatNeverAnswersIsGivenUp) {
  // It may have to let this one in first, on a busy machine.
  EXPECT_EQ(Find<CloseLink>(Tick(3000)), nullptr);
  EXPECT_NE(Find<CloseLink>(Tick(3001)), nullptr);
}

TEST_F(Follower, AcknowledgesProgressAndGivesSignsOfLife) {
  Receive(Continue());
  actions.clear();
  core.OnProgress({.last = 28, .held = 27, .durable = 26}, At(10), actions);
  const SendAck* ack = Find<SendAck>(actions);
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->link, link);
  EXPECT_EQ(ack->ack.epoch, E(3));
  EXPECT_EQ(ack->ack.held, 27u);
  EXPECT_EQ(ack->ack.durable, 26u);
  EXPECT_TRUE(ack->ack.formed);
  EXPECT_EQ(Find<SendAck>(Tick(109)), nullptr);
  EXPECT_NE(Find<SendAck>(Tick(110)), nullptr);
}

TEST_F(Follower, SyncsWhatItHoldsOfWhatItsMasterAsksFor) {
  Receive(Continue());
  Records records = Log(26, 28);
  records.sync = 30;
  const Actions& applied = Receive(records);
  ASSERT_TRUE((Precedes<Apply, RequestSync>(applied)));
  EXPECT_EQ(Find<RequestSync>(applied)->index, 28u);
  last = 28;
  EXPECT_EQ(Find<RequestSync>(Receive(Records{.epoch = E(3), .sync = 28})),
            nullptr)
      << "asked for already";
  EXPECT_EQ(Find<RequestSync>(Receive(Log(29, 29))), nullptr);
  last = 29;
  const RequestSync* heartbeat =
      Find<RequestSync>(Receive(Records{.epoch = E(3), .sync = 29}));
  ASSERT_NE(heartbeat, nullptr);
  EXPECT_EQ(heartbeat->index, 29u);
}

TEST_F(Follower, IsAskedAnewByANewStream) {
  Receive(Continue());
  const Records ask{.epoch = E(3), .sync = 25};
  EXPECT_NE(Find<RequestSync>(Receive(ask)), nullptr);
  actions.clear();
  core.OnLinkClosed("gone", At(2), actions);
  Tick(100);
  Receive(Continue(), 101);
  EXPECT_NE(Find<RequestSync>(Receive(ask, 102)), nullptr);
}

TEST_F(Follower, WhileStagingNothingIsSynced) {
  Receive(Full());
  Records records = Log(31, 32);
  records.sync = 32;
  EXPECT_EQ(Find<RequestSync>(Receive(records)), nullptr);
}

TEST_F(Follower, WhileStagingItGivesSignsOfLifeButAcknowledgesNothing) {
  Receive(Full());
  actions.clear();
  core.OnProgress({.last = 25, .held = 25, .durable = 25}, At(10), actions);
  EXPECT_TRUE(actions.empty());
  const SendAck* ack = Find<SendAck>(Tick(200));
  ASSERT_NE(ack, nullptr);
  EXPECT_FALSE(ack->ack.formed);
}

TEST_F(UnformedFollower, IsFormedWhenItHoldsWhatItsMasterHadAtItsHello) {
  Receive(Continue());  // the target is 30
  actions.clear();
  core.OnProgress({.last = 30, .held = 29, .durable = 0}, At(2), actions);
  EXPECT_FALSE(Find<SendAck>(actions)->ack.formed);
  EXPECT_EQ(Find<Persist>(actions), nullptr);
  core.OnProgress({.last = 30, .held = 30, .durable = 0}, At(3), actions);
  EXPECT_TRUE(state.formed);
  ASSERT_TRUE((Precedes<SendAck, Persist>(actions)));
  EXPECT_TRUE(std::get<SendAck>(actions.back()).ack.formed)
      << "after it is on disk";
}

TEST_F(NewFollower, TakesLineageHistoryAndMembersAndHasThemOnDisk) {
  const Persist* persist = Find<Persist>(Receive(Continue()));
  ASSERT_NE(persist, nullptr);
  EXPECT_EQ(persist->state.lineage, kLineage);
  EXPECT_EQ(persist->state.history, Continue().history);
  EXPECT_EQ(persist->state.configurations, Group(3));
  EXPECT_FALSE(persist->state.formed);
}

TEST_F(NewFollower, RefusesAGroupWhoseMembersAreNotThoseOfItsOptions) {
  Welcome welcome = Continue();
  welcome.from = last;
  Configuration theirs = Group(3);
  theirs.members[2].address = "elsewhere:1";
  welcome.configurations = theirs;
  Receive(welcome);
  EXPECT_EQ(Find<Persist>(actions), nullptr);
  EXPECT_NE(Find<CloseLink>(actions), nullptr);
  EXPECT_EQ(core.refusal(),
            "the group's members are a at a:1, b at b:1, c at elsewhere:1; the "
            "options of this node say a at a:1, b at b:1, c at c:1");
}

TEST_F(Follower, StoppedInMidSyncItDropsWhatIsStaged) {
  Receive(Full());
  actions.clear();
  core.Stop("fenced", actions);
  EXPECT_TRUE((Precedes<DropStaging, CloseLink>(actions)));
  EXPECT_FALSE(core.following());
  EXPECT_TRUE(Tick(100'000).empty());
}

}  // namespace
}  // namespace vigil::replication
