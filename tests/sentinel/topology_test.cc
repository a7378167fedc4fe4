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

}  // namespace
}  // namespace vigil::sentinel
