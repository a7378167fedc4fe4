#include "sentinel/master_watch.h"

#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

constexpr Epoch kOne{1, {10}};
constexpr Epoch kTwo{2, {11}};

class MasterWatchTest : public testing::Test {
 protected:
  void Learn(const replication::MemberView& view, int64_t ms) {
    topology_.Learn(*topology_.Find(view.name), view, At(ms));
  }
  // a and c follow b.
  void BeginWithMasterB() {
    Learn(Formed("a", {kOne, 5}), 0);
    Learn(Master("b", kOne), 0);
    Learn(Formed("c", {kOne, 5}), 0);
    watch_.Update(topology_, true, At(0));
  }
  void SayDown(const std::string& peer, Epoch epoch, int64_t ms) {
    topology_.Find(peer)->opinion = {
        .master_down = true, .epoch = epoch, .master = ""};
    topology_.Find(peer)->opinion_at = At(ms);
  }
  bool DownAt(int64_t ms) {
    watch_.Update(topology_, true, At(ms));
    return watch_.down();
  }

  Topology topology_{OptionsFor("a"), At(0)};
  MasterWatch watch_{OptionsFor("a")};
};

TEST_F(MasterWatchTest, DownAtOnceWhenTheLastMasterIsSubjectivelyDown) {
  BeginWithMasterB();
  EXPECT_FALSE(DownAt(100));
  topology_.Find("b")->sdown = true;
  EXPECT_TRUE(DownAt(101));
  EXPECT_EQ(watch_.why(), "it does not answer");
  EXPECT_FALSE(watch_.odown()) << "alone";
}

TEST_F(MasterWatchTest, AMasterThatSpeaksAsReplicaIsGoneWhenAllHaveSpoken) {
  BeginWithMasterB();
  Learn(Formed("b", {kOne, 5}), 100);
  EXPECT_FALSE(DownAt(100)) << "perhaps c is master by now";
  Learn(Formed("c", {kOne, 5}), 101);
  EXPECT_TRUE(DownAt(101));
  EXPECT_EQ(watch_.why(), "it is no longer master");
}

TEST_F(MasterWatchTest, WhileAPromiseIsUnusedItsLeaderGetsADownAfter) {
  BeginWithMasterB();
  replication::MemberView fenced = Formed("c", {kOne, 5});
  fenced.promise = kTwo;
  Learn(fenced, 100);
  EXPECT_FALSE(DownAt(100));
  Learn(Formed("b", {kOne, 5}), 110);  // it has heard of it and stepped down
  Learn(fenced, 110);
  EXPECT_FALSE(DownAt(599));
  EXPECT_EQ(watch_.deadline(), At(600));
  EXPECT_TRUE(DownAt(600));
}

TEST_F(MasterWatchTest, ANewGroupWaitsUntilAllHaveSpokenOrAreDown) {
  Learn(Empty("a"), 0);
  Learn(Empty("b"), 10);
  EXPECT_FALSE(DownAt(10));
  topology_.Find("c")->sdown = true;
  EXPECT_TRUE(DownAt(20));
  EXPECT_EQ(watch_.why(), "no master yet");
}

TEST_F(MasterWatchTest, StaysDownUntilAMasterStands) {
  BeginWithMasterB();
  topology_.Find("b")->sdown = true;
  EXPECT_TRUE(DownAt(100));
  topology_.Find("b")->sdown = false;
  Learn(Formed("b", {kOne, 5}), 200);  // it is back, as a replica
  EXPECT_TRUE(DownAt(200));
  Learn(Master("c", kTwo), 300);
  EXPECT_FALSE(DownAt(300));
}

TEST_F(MasterWatchTest, NothingIsDownInTilt) {
  BeginWithMasterB();
  topology_.Find("b")->sdown = true;
  EXPECT_TRUE(DownAt(100));
  watch_.Update(topology_, /*trusted=*/false, At(110));
  EXPECT_FALSE(watch_.down());
  EXPECT_FALSE(watch_.opinion(topology_).master_down);
}

struct QuorumRow {
  Epoch about;
  int64_t said_at;
  int64_t now;
  bool odown;
  const char* why;
};

TEST_F(MasterWatchTest, ObjectivelyDownTable) {
  const QuorumRow rows[] = {
      {kOne, 100, 101, true, "fresh, about this master"},
      {kTwo, 100, 101, true, "about a newer one"},
      {{}, 100, 101, false, "about an older one"},
      {kOne, 100, 724, true, "five ping periods are 625 ms"},
      {kOne, 100, 725, false, "too old"},
  };
  for (const QuorumRow& row : rows) {
    topology_ = Topology(OptionsFor("a"), At(0));
    watch_ = MasterWatch(OptionsFor("a"));
    BeginWithMasterB();
    topology_.Find("b")->sdown = true;
    SayDown("c", row.about, row.said_at);
    EXPECT_TRUE(DownAt(row.now));
    EXPECT_EQ(watch_.odown(), row.odown) << row.why;
  }
}

TEST_F(MasterWatchTest, TheOpinionOfOneWithoutIdentityDoesNotCount) {
  BeginWithMasterB();
  replication::MemberView wiped = Empty("c");
  wiped.id = {99};
  Learn(wiped, 50);
  topology_.Find("b")->sdown = true;
  SayDown("c", kOne, 100);
  EXPECT_TRUE(DownAt(100));
  EXPECT_FALSE(watch_.odown());
}

}  // namespace
}  // namespace vigil::sentinel
