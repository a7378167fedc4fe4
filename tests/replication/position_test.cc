#include "replication/position.h"

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

TEST(Epoch, IsComparedWhole) {
  EXPECT_LT(E(1, NodeId{9}), E(2, NodeId{1}));
  EXPECT_LT(E(2, NodeId{1}), E(2, NodeId{9}));
  EXPECT_NE(E(2, NodeId{1}), E(2, NodeId{9}));
  EXPECT_FALSE(Epoch{});
}

TEST(Position, IsOrderedByEpochBeforeIndex) {
  EXPECT_LT((Position{E(1), 900}), (Position{E(2), 3}));
  EXPECT_LT((Position{E(2), 3}), (Position{E(2), 4}));
  EXPECT_LT(Position{}, (Position{E(1), 1}));
}

TEST(History, TellsTheEpochOfEachIndex) {
  const History history = H({{1, 1}, {3, 120}, {4, 121}});
  EXPECT_EQ(history.EpochAt(0), Epoch{});
  EXPECT_EQ(history.EpochAt(1), E(1));
  EXPECT_EQ(history.EpochAt(119), E(1));
  EXPECT_EQ(history.EpochAt(120), E(3));
  EXPECT_EQ(history.EpochAt(121), E(4));
  EXPECT_EQ(history.EpochAt(UINT64_MAX), E(4));
  EXPECT_EQ(history.PositionAt(120), (Position{E(3), 120}));
}

TEST(History, AnEpochWithoutARecordIsReplacedByTheNext) {
  History history = H({{1, 1}});
  history.Append(E(2), 50);
  history.Append(E(3), 50);
  EXPECT_EQ(history, H({{1, 1}, {3, 50}}));
}

TEST(History, TrimDropsWhatTheLogDoesNotReach) {
  History history = H({{1, 1}, {2, 50}, {3, 60}});
  history.TrimTo(59);
  EXPECT_EQ(history, H({{1, 1}, {2, 50}}));
  history.TrimTo(49);
  EXPECT_EQ(history, H({{1, 1}}));
  history.TrimTo(0);
  EXPECT_TRUE(history.empty());
  EXPECT_EQ(history.last_epoch(), Epoch{});
}

TEST(History, DropsWhatIsOutOfOrderFromOutside) {
  EXPECT_EQ(H({{2, 10}, {1, 20}, {3, 5}, {4, 30}}), H({{2, 10}, {4, 30}}));
  EXPECT_TRUE(H({{1, 0}}).empty());
  EXPECT_TRUE(H({{0, 1}}).empty());
}

TEST(CommonIndex, IsTheSmallerLastIndexInTheLastSharedEpoch) {
  struct Case {
    const char* why;
    History a;
    uint64_t a_last;
    History b;
    uint64_t b_last;
    uint64_t common;
  };
  const Case cases[] = {
      {"nothing at all", {}, 0, {}, 0, 0},
      {"an empty log is a prefix of any", {}, 0, H({{1, 1}}), 9, 0},
      {"equal", H({{1, 1}}), 9, H({{1, 1}}), 9, 9},
      {"a prefix", H({{1, 1}}), 5, H({{1, 1}}), 9, 5},
      {"a prefix that ends where the next epoch begins", H({{1, 1}}), 9,
       H({{1, 1}, {2, 10}}), 15, 9},
      {"an old master's tail", H({{1, 1}}), 12, H({{1, 1}, {2, 10}}), 15, 9},
      {"an epoch without a record does not count", H({{1, 1}, {2, 10}}), 9,
       H({{1, 1}, {3, 10}}), 15, 9},
      {"nor when both have it", H({{1, 1}, {2, 10}}), 9, H({{1, 1}, {2, 10}}),
       12, 9},
      // One list is a prefix of the other, yet the logs part inside epoch 1.
      {"a history that is a prefix of the other's, with a longer log",
       H({{1, 1}}), 30, H({{1, 1}, {2, 10}}), 20, 9},
      {"the same number of another leader is another epoch",
       History({{E(1), 1}, {E(2, NodeId{7}), 10}}), 20,
       History({{E(1), 1}, {E(2, NodeId{8}), 10}}), 20, 9},
      {"no epoch shared", H({{1, 1}}), 9, H({{2, 1}}), 9, 0},
      {"shared, then parted twice", H({{1, 1}, {2, 10}, {4, 20}}), 30,
       H({{1, 1}, {2, 10}, {3, 15}, {5, 40}}), 50, 14},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CommonIndex(c.a, c.a_last, c.b, c.b_last), c.common) << c.why;
    EXPECT_EQ(CommonIndex(c.b, c.b_last, c.a, c.a_last), c.common) << c.why;
  }
}

}  // namespace
}  // namespace vigil::replication
