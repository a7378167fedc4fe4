#include "sentinel/topology.h"

#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

constexpr Epoch kOne{1, {10}};
constexpr Epoch kTwo{2, {11}};
constexpr Epoch kThree{3, {12}};

class TopologyTest : public testing::Test {
 protected:
  Topology::News Learn(const replication::MemberView& view) {
    return topology_.Learn(*topology_.Find(view.name), view, At(1));
  }
  std::string Standing() {
    const Instance* master = topology_.StandingMaster();
    return master == nullptr ? "none" : master->name;
  }

  Topology topology_{OptionsFor("a"), At(0)};
};

TEST_F(TopologyTest, AMasterStandsUnlessAReachableMemberPromisedMore) {
  Learn(Formed("a", {kOne, 5}));
  Learn(Master("b", kOne));
  Learn(Formed("c", {kOne, 5}));
  EXPECT_EQ(Standing(), "b");

  replication::MemberView fenced = Formed("c", {kOne, 5});
  fenced.promise = kTwo;
  Learn(fenced);
  EXPECT_EQ(Standing(), "none");
  EXPECT_TRUE(topology_.PromiseIsUnused());

  topology_.Find("c")->sdown = true;
  EXPECT_EQ(Standing(), "b")
      << "nobody waits for the promise of one that is away";
  EXPECT_FALSE(topology_.PromiseIsUnused());
}

TEST_F(TopologyTest, TheEpochIsComparedWhole) {
  Learn(Master("b", {2, {11}}));
  replication::MemberView other = Formed("c", {kOne, 5});
  other.promise = {2, {12}};
  Learn(other);
  EXPECT_EQ(Standing(), "none");
}

TEST_F(TopologyTest, AMasterThatIsDownOrBrokenDoesNotStand) {
  Learn(Master("b", kOne));
  topology_.Find("b")->sdown = true;
  EXPECT_EQ(Standing(), "none");
  topology_.Find("b")->sdown = false;
  replication::MemberView broken = Master("b", kOne);
  broken.healthy = false;
  Learn(broken);
  EXPECT_EQ(Standing(), "none");
}

TEST_F(TopologyTest, ANameAloneIsNobodyOnceTheGroupIsRecorded) {
  replication::MemberView wiped = Empty("c");
  wiped.id = {99};
  wiped.promise = kThree;
  EXPECT_FALSE(Learn(wiped).identity_lost) << "nothing is recorded yet";
  EXPECT_TRUE(topology_.Counts(*topology_.Find("c")));

  Learn(Master("b", kOne));
  EXPECT_FALSE(topology_.Counts(*topology_.Find("c")));
  EXPECT_EQ(Standing(), "b") << "the promise of a stranger does not count";
  EXPECT_TRUE(Learn(wiped).identity_lost);
  EXPECT_FALSE(Learn(wiped).identity_lost) << "said once";
}

TEST_F(TopologyTest, TheConfigurationIsThatOfTheGreatestPosition) {
  EXPECT_EQ(topology_.configuration().version, 0u);
  Learn(Formed("b", {kOne, 5}));
  replication::MemberView newer = Formed("c", {kTwo, 3});
  newer.configuration.version = 2;
  Learn(newer);
  EXPECT_EQ(topology_.configuration().version, 2u);

  replication::MemberView own = Formed("a", {kOne, 4});
  own.lineage = {78};
  Learn(own);
  EXPECT_EQ(topology_.configuration().version, 1u)
      << "another lineage says nothing about this group";
}

TEST_F(TopologyTest, TheNewestMasterNeverGoesBack) {
  Learn(Master("b", kTwo));
  EXPECT_EQ(topology_.newest_master(), "b");
  Learn(Master("c", kOne));
  EXPECT_EQ(topology_.newest_master(), "b");
  topology_.Learn({.master_down = true, .epoch = kThree, .master = ""});
  EXPECT_EQ(topology_.newest_master(), "")
      << "somebody is, but who is not known";
  topology_.Learn({.master_down = true, .epoch = kThree, .master = "c"});
  EXPECT_EQ(topology_.newest_master(), "c");
}

TEST_F(TopologyTest, NoticesRestartsAndRoleChanges) {
  Learn(Formed("b", {kOne, 5}));
  EXPECT_FALSE(Learn(Formed("b", {kOne, 6})).rebooted);
  replication::MemberView again = Master("b", kTwo);
  again.nonce = 2;
  const Topology::News news = Learn(again);
  EXPECT_TRUE(news.rebooted);
  EXPECT_TRUE(news.role_changed);
}

TEST_F(TopologyTest, DescribesAsRedisDoes) {
  EXPECT_EQ(topology_.Describe(*topology_.Find("c")),
            "replica c 127.0.0.1 7003");
  Learn(Master("b", kOne));
  EXPECT_EQ(topology_.Describe(*topology_.Find("b")),
            "master b 127.0.0.1 7002");
  EXPECT_EQ(topology_.Describe(*topology_.Find("c")),
            "replica c 127.0.0.1 7003 @ b 127.0.0.1 7002");
  EXPECT_EQ(topology_.HostAndPort("nobody"), "- 0");
}

replication::MemberView Knowing(replication::MemberView view,
                                const replication::Configuration& members) {
  view.configuration = members;
  return view;
}

TEST_F(TopologyTest, WatchesWhomTheConfigurationNames) {
  replication::Configuration changed = Recorded({"a", "b", "d"});
  changed.version = 3;
  changed.readers = {{"r", "r:1", IdOf("r")}};
  Learn(Knowing(Formed("b", {kTwo, 9}), changed));
  topology_.Find("b")->ping.sent = 17;
  topology_.FollowConfiguration(At(2));
  EXPECT_EQ(topology_.Find("c"), nullptr);
  ASSERT_NE(topology_.Find("d"), nullptr);
  EXPECT_FALSE(topology_.Find("d")->own);
  ASSERT_NE(topology_.Find("r"), nullptr);
  EXPECT_FALSE(topology_.IsNamed(*topology_.Find("r")));
  EXPECT_EQ(topology_.own().name, "a");
  EXPECT_EQ(topology_.Find("b")->ping.sent, 17u) << "it is the same as before";
  EXPECT_FALSE(topology_.joins());

  changed = Recorded({"b", "d"});
  changed.version = 5;
  Learn(Knowing(Formed("b", {kTwo, 12}), changed));
  topology_.FollowConfiguration(At(3));
  EXPECT_EQ(topology_.own().name, "a") << "whoever it is, it knows itself";
  EXPECT_TRUE(topology_.joins());
  EXPECT_EQ(topology_.quorum(), 2);
}

TEST_F(TopologyTest, DuringAReplacementBothIdentitiesOfANameCount) {
  replication::Configuration joint = Recorded({"a", "b", "c"});
  joint.before = joint.members;
  joint.members[2].id = {99};
  joint.version = 2;
  EXPECT_TRUE(IsMember(joint, "c", {99}));
  EXPECT_TRUE(IsMember(joint, "c", IdOf("c")));
  EXPECT_FALSE(IsMember(joint, "c", {98}));
}

TEST(TopologyOfANewcomer, LearnsWhoTheMembersAreFromANodeThatItWasToldOf) {
  Options options = OptionsFor("d");
  options.members.clear();
  options.address = "d:1";
  options.join = {"a:1"};
  Topology topology(options, At(0));
  EXPECT_TRUE(topology.seeking());
  EXPECT_TRUE(topology.joins());
  EXPECT_EQ(topology.size(), 1);
  topology.Adopt(Empty("a"));
  EXPECT_TRUE(topology.seeking()) << "that one does not know it either";
  topology.Adopt(Formed("a", {kOne, 5}));
  EXPECT_FALSE(topology.seeking());
  topology.FollowConfiguration(At(1));
  EXPECT_EQ(topology.size(), 4);
  EXPECT_EQ(topology.own().name, "d");
  EXPECT_EQ(topology.own().address, "d:1");
  EXPECT_TRUE(topology.joins());
}

}  // namespace
}  // namespace vigil::sentinel
