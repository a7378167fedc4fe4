#include "vigil/write_bounds.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"

namespace vigil {
namespace {

using replication::UnreplicatedFrom;

constexpr MonoTime kNow{1'000'000'000};

TEST(UnreplicatedAt, IsWhatLiesBehindTheCommitPosition) {
  const UnreplicatedFrom from{
      .index = 40, .bytes = 1000, .since = kNow + -absl::Milliseconds(7)};
  const UnreplicatedStatus is = UnreplicatedAt(from, 43, 1300, kNow);
  EXPECT_EQ(is.operations, 3u);
  EXPECT_EQ(is.bytes, 300u);
  EXPECT_EQ(is.age, absl::Milliseconds(7));
}

TEST(UnreplicatedAt, IsNothingWhereTheLogIsNotBehindIt) {
  const UnreplicatedFrom from{.index = 40, .bytes = 1000, .since = kNow};
  for (const uint64_t last : {40u, 39u}) {
    const UnreplicatedStatus is = UnreplicatedAt(from, last, 1000, kNow);
    EXPECT_EQ(is.operations, 0u);
    EXPECT_EQ(is.bytes, 0u);
    EXPECT_EQ(is.age, absl::ZeroDuration());
  }
}

// A record that nobody has looked at yet has no age.
TEST(UnreplicatedAt, AgeBeginsWhenItIsSeen) {
  const UnreplicatedStatus is =
      UnreplicatedAt({.index = 40, .bytes = 1000}, 41, 1010, kNow);
  EXPECT_EQ(is.operations, 1u);
  EXPECT_EQ(is.age, absl::ZeroDuration());
}

TEST(ReachedBound, NamesTheBoundThatIsReached) {
  const absl::Duration second = absl::Seconds(1);
  struct Case {
    const char* name;
    UnreplicatedStatus is;
    WriteBounds bounds;
    const char* said;  // "": nothing
  };
  const Case cases[] = {
      {"no bounds", {1 << 30, 1 << 30, absl::Hours(9)}, {}, ""},
      {"one more operation fits", {9, 0, {}}, {.operations = 10}, ""},
      {"operations",
       {10, 0, {}},
       {.operations = 10},
       "max_unreplicated_operations is 10"},
      {"one more byte fits", {1, 99, {}}, {.bytes = 100}, ""},
      {"bytes", {1, 100, {}}, {.bytes = 100}, "max_unreplicated_bytes is 100"},
      {"not for so long", {1, 1, second}, {.time = 2 * second}, ""},
      {"time", {1, 1, second}, {.time = second}, "max_unreplicated_time is 1s"},
      {"any of them",
       {1, 100, second},
       {.operations = 9, .bytes = 100},
       "max_unreplicated_bytes is 100"},
  };
  for (const Case& c : cases) {
    const std::string said = ReachedBound(c.is, c.bounds);
    EXPECT_EQ(said.empty(), std::string_view(c.said).empty()) << c.name << said;
    EXPECT_TRUE(absl::StrContains(said, c.said)) << c.name << ": " << said;
  }
}

TEST(BoundsIn, AreThoseOfTheOptions) {
  EXPECT_FALSE(BoundsIn(Options()).any());
  Options options;
  options.max_unreplicated_bytes = 5;
  options.on_unreplicated = OnUnreplicated::kRefuse;
  const WriteBounds bounds = BoundsIn(options);
  EXPECT_TRUE(bounds.any());
  EXPECT_EQ(bounds.bytes, 5u);
  EXPECT_EQ(bounds.then, OnUnreplicated::kRefuse);
}

}  // namespace
}  // namespace vigil
