#include "tests/benchmarks/row.h"

#include <gtest/gtest.h>

#include "tests/benchmarks/report.h"
#include "tests/benchmarks/table.h"

namespace vigil::bench {
namespace {

Row Make(Target target, Numbers numbers) {
  return {{.name = "get", .unit = "ns", .what = "a Get", .target = target},
          numbers};
}

TEST(Row, EachBoundDecides) {
  const struct {
    Target target;
    Numbers numbers;
    std::optional<bool> ok;
  } kCases[] = {
      {{Bound::kNone, 0}, {.ours = 1, .peer = 2}, std::nullopt},
      {{Bound::kRatioAtMost, 0.7}, {.ours = 7, .peer = 10}, true},
      {{Bound::kRatioAtMost, 0.7}, {.ours = 8, .peer = 10}, false},
      {{Bound::kRatioAtLeast, 3}, {.ours = 30, .peer = 10}, true},
      {{Bound::kRatioAtLeast, 3}, {.ours = 29, .peer = 10}, false},
      {{Bound::kRatioAbove, 1}, {.ours = 11, .peer = 10}, true},
      {{Bound::kRatioAbove, 1}, {.ours = 10, .peer = 10}, false},
      {{Bound::kTimesLower, 50}, {.ours = 1, .peer = 50}, true},
      {{Bound::kTimesLower, 50}, {.ours = 1, .peer = 49}, false},
      {{Bound::kOursAtMost, 2}, {.ours = 2}, true},
      {{Bound::kOursAtMost, 2}, {.ours = 3}, false},
      {{Bound::kOursAtLeast, 2}, {.ours = 2}, true},
      {{Bound::kOursAtLeast, 2}, {.ours = 1}, false},
      {{Bound::kAddsAtMost, 1}, {.ours = 4, .peer = 3}, true},
      {{Bound::kAddsAtMost, 1}, {.ours = 5, .peer = 3}, false},
      {{Bound::kAddsAtMost, 1}, {.ours = 0}, false},
  };
  for (const auto& c : kCases) {
    const Row row = Make(c.target, c.numbers);
    EXPECT_EQ(row.Ok(), c.ok) << row.Json();
  }
}

TEST(Row, APeerThatIsMissingMeetsNoRatio) {
  const Row row = Make({Bound::kRatioAtMost, 0.7}, {.ours = 1});
  EXPECT_EQ(row.Ok(), false);
  EXPECT_EQ(row.Ratio(), std::nullopt);
}

TEST(Row, APeerOfZeroIsANumber) {
  const Row row = Make({Bound::kRatioAtLeast, 1}, {.ours = 0.5, .peer = 0});
  EXPECT_EQ(row.Ok(), true);
  EXPECT_EQ(row.Ratio(), std::nullopt);
}

TEST(Row, IsALineOfJson) {
  EXPECT_EQ(
      Make({Bound::kRatioAtMost, 0.7}, {.ours = 1, .peer = 2}).Json(),
      R"({"row":"get","ours":1,"peer":2,"ratio":0.5,"target":0.7,"ok":true})");
  EXPECT_EQ(
      Make({}, {.ours = 1234.5}).Json(),
      R"({"row":"get","ours":1234.5,"peer":null,"ratio":null,"target":null,"ok":null})");
}

TEST(Table, SaysWhatIsMissed) {
  const std::string text =
      Table({Make({Bound::kOursAtMost, 2}, {.ours = 3, .note = "Set 17"})});
  EXPECT_NE(text.find("MISSED"), std::string::npos) << text;
  EXPECT_NE(text.find("ours <= 2"), std::string::npos) << text;
  EXPECT_NE(text.find("Set 17"), std::string::npos) << text;
}

TEST(Report, CrossesAPipe) {
  const auto all = [](const std::string&) { return true; };
  Report sent(all);
  sent.Add("a", {.ours = 0.1, .peer = 3, .note = "n: 1, 2"});
  sent.Add("b", {.ours = 1e12});
  sent.LeaveOut("c", "there is no peer");
  Report received(all);
  received.Decode(sent.Encode());
  ASSERT_EQ(received.numbers().size(), 2u);
  EXPECT_EQ(received.numbers().at("a").ours, 0.1);
  EXPECT_EQ(received.numbers().at("a").peer, 3);
  EXPECT_EQ(received.numbers().at("a").note, "n: 1, 2");
  EXPECT_EQ(received.numbers().at("b").peer, std::nullopt);
  EXPECT_EQ(received.left_out().at("c"), "there is no peer");
}

}  // namespace
}  // namespace vigil::bench
