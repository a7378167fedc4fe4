#include "vigil/change_cursor.h"

#include <gtest/gtest.h>

namespace vigil {
namespace {

using replication::LogFacts;

constexpr Epoch kOne{1, NodeId{9}};
constexpr Epoch kTwo{2, NodeId{9}};
constexpr Epoch kOtherTwo{2, NodeId{8}};  // the same number, another leader
constexpr Epoch kThree{3, NodeId{9}};

// (1) wrote 1 to 99, (2) 100 to 119, (3) what follows.
LogFacts Facts(uint64_t generation = 1) {
  return {.generation = generation,
          .history = History({{kOne, 1}, {kTwo, 100}, {kThree, 120}})};
}
constexpr uint64_t kLast = 150;

std::optional<ChangeGap> Settle(const Position& position) {
  ChangeCursor cursor(position);
  return cursor.Settle(Facts(), kLast);
}

TEST(ChangeCursor, GoesOnFromAPlaceOnTheLog) {
  for (const Position& position :
       {Position{kOne, 1}, Position{kOne, 99}, Position{kTwo, 100},
        Position{kThree, 120}, Position{kThree, kLast}, Position{}}) {
    ChangeCursor cursor(position);
    EXPECT_EQ(cursor.Settle(Facts(), kLast), std::nullopt)
        << ToString(position);
    EXPECT_EQ(cursor.next(), position.index + 1);
  }
}

struct Lost {
  Position position;
  ChangeGap gap;
};

TEST(ChangeCursor, IsToldAGapWhenItsRecordsAreNotOnTheLog) {
  const Lost table[] = {
      // The old master of (1) wrote on to 105: 100 to 105 were dropped.
      {{kOne, 105}, {100, kLast}},
      // That epoch is not on this log at all; how much of it is shared, who knows.
      {{kOtherTwo, 110}, {1, kLast}},
      // Told before it was on disk, and lost in a crash.
      {{kThree, kLast + 10}, {kLast + 1, kLast + 10}},
      {{{4, NodeId{9}}, 10}, {1, kLast}},
  };
  for (const Lost& lost : table) {
    ChangeCursor cursor(lost.position);
    EXPECT_EQ(cursor.Settle(Facts(), kLast), lost.gap)
        << ToString(lost.position);
    EXPECT_EQ(cursor.position(), ToLogPosition({kThree, kLast}));
  }
}

TEST(ChangeCursor, LooksAgainOnlyWhenTheLogWasReplaced) {
  ChangeCursor cursor({kTwo, 110});
  EXPECT_EQ(cursor.Settle(Facts(), kLast), std::nullopt);
  const History other({{kOne, 1}, {kOtherTwo, 105}});
  LogFacts facts{.generation = 1, .history = other};
  EXPECT_EQ(cursor.Settle(facts, kLast), std::nullopt);
  facts.generation = 2;
  EXPECT_EQ(cursor.Settle(facts, kLast), (ChangeGap{1, kLast}));
}

TEST(ChangeCursor, ASkipNamesWhatIsMissed) {
  ChangeCursor cursor({kOne, 10});
  EXPECT_EQ(cursor.SkipTo(101, Facts().history), (ChangeGap{11, 100}));
  EXPECT_EQ(cursor.position(), ToLogPosition({kTwo, 100}));
  cursor.Advance(119, Facts().history);
  EXPECT_EQ(cursor.position(), ToLogPosition({kTwo, 119}));
}

TEST(ChangeCursor, ALogWithoutEpochsIsOneLog) {
  ChangeCursor cursor({{}, 5});
  EXPECT_EQ(cursor.Settle({}, 7), std::nullopt);
  EXPECT_EQ(Settle({kThree, 0}), std::nullopt);
}

}  // namespace
}  // namespace vigil
