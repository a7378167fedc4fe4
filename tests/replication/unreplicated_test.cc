#include "replication/unreplicated.h"

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

constexpr MonoTime kNever = MonoTime::InfiniteFuture();

TEST(Unreplicated, BeginsWhereTheGroupEnds) {
  Unreplicated unreplicated(19, 1000);
  EXPECT_EQ(unreplicated.from(), (UnreplicatedFrom{19, 1000, kNever}));
  unreplicated.OnAppended(20, 1010, At(1));
  unreplicated.OnAppended(25, 1060, At(2));
  EXPECT_EQ(unreplicated.from(), (UnreplicatedFrom{19, 1000, At(1)}));
  unreplicated.OnCommitted(20);
  EXPECT_EQ(unreplicated.from(), (UnreplicatedFrom{20, 1010, At(2)}));
  unreplicated.OnCommitted(25);
  EXPECT_EQ(unreplicated.from(), (UnreplicatedFrom{25, 1060, kNever}));
  unreplicated.OnAppended(26, 1070, At(900));
  EXPECT_EQ(unreplicated.from().since, At(900)) << "not since the last one";
}

TEST(Unreplicated, InTheMiddleOfAPieceRecordsAreExactTheRestIsNotTooLittle) {
  Unreplicated unreplicated(19, 1000);
  unreplicated.OnAppended(25, 1060, At(2));
  unreplicated.OnCommitted(22);
  EXPECT_EQ(unreplicated.from(), (UnreplicatedFrom{22, 1000, At(2)}));
}

TEST(Unreplicated, WhatIsToldTwiceChangesNothing) {
  Unreplicated unreplicated(19, 1000);
  unreplicated.OnAppended(19, 1000, At(1));
  EXPECT_EQ(unreplicated.from().since, kNever);
  unreplicated.OnAppended(21, 1020, At(2));
  unreplicated.OnAppended(21, 1030, At(3));
  unreplicated.OnCommitted(18);
  EXPECT_EQ(unreplicated.from(), (UnreplicatedFrom{19, 1000, At(2)}));
  EXPECT_EQ(unreplicated.pieces(), 1u);
}

TEST(Unreplicated, HoweverLongNothingIsCommittedThePiecesAreFew) {
  Unreplicated unreplicated(0, 0);
  const uint64_t last = 100'000;
  for (uint64_t i = 1; i <= last; ++i) {
    unreplicated.OnAppended(i, 10 * i, At(static_cast<int64_t>(i)));
    ASSERT_LE(unreplicated.pieces(), 1024u);
  }
  EXPECT_EQ(unreplicated.from(), (UnreplicatedFrom{0, 0, At(1)}));
  unreplicated.OnCommitted(last / 2);
  const UnreplicatedFrom& from = unreplicated.from();
  EXPECT_EQ(from.index, last / 2);
  // At least what is true, and not much more: a piece has a few hundred by now.
  EXPECT_LE(from.bytes, 10 * last / 2);
  EXPECT_GE(from.bytes, 10 * (last / 2 - 1000));
  EXPECT_LE(from.since, At(last / 2 + 1));
  EXPECT_GE(from.since, At(last / 2 - 1000));
  unreplicated.OnCommitted(last);
  EXPECT_EQ(unreplicated.from(), (UnreplicatedFrom{last, 10 * last, kNever}));
}

}  // namespace
}  // namespace vigil::replication
