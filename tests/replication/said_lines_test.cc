#include "replication/said_lines.h"

#include <gtest/gtest.h>

namespace vigil::replication {
namespace {

constexpr MonoTime kStart{1};

TEST(SaidLines, RepeatsAreSaidOnceAMinuteEvenWhenTheyAlternate) {
  SaidLines lines;
  EXPECT_TRUE(lines.Say("refused b", kStart));
  EXPECT_TRUE(lines.Say("refused c", kStart));
  EXPECT_FALSE(lines.Say("refused b", kStart + absl::Seconds(1)));
  EXPECT_FALSE(lines.Say("refused c", kStart + absl::Seconds(59)));
  EXPECT_TRUE(lines.Say("refused b", kStart + absl::Seconds(60)));
}

TEST(SaidLines, MemoryIsBounded) {
  SaidLines lines;
  EXPECT_TRUE(lines.Say("first", kStart));
  for (size_t i = 1; i <= SaidLines::kLinesMax; ++i) {
    EXPECT_TRUE(lines.Say(std::to_string(i), kStart));
  }
  EXPECT_TRUE(lines.Say("first", kStart)) << "forgotten with the others";
}

}  // namespace
}  // namespace vigil::replication
