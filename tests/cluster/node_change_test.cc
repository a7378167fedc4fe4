// What node.h says of changes of what is there: Delete, numbers, bytes, Rename, as an
// application sees it.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/cluster/one_node.h"

namespace vigil::test {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

class NodeChange : public OneNode {};

TEST_F(NodeChange, Delete) {
  ASSERT_TRUE(node().Set("k", "v").ok());
  const auto gone = node().Delete("k", {.ack = Ack::kQuorum});
  EXPECT_TRUE(gone->existed);
  EXPECT_EQ(gone->receipt.reached, Ack::kQuorum);
  const uint64_t last = Last();
  const auto again = node().Delete("k");
  EXPECT_FALSE(again->existed);
  EXPECT_EQ(again->receipt.index, last);
  EXPECT_EQ(Last(), last) << "nothing was written";
}

TEST_F(NodeChange, DeleteManyIsOneRecord) {
  ASSERT_TRUE(node().Set("a", "1").ok());
  ASSERT_TRUE(node().Set("b", "1").ok());
  ASSERT_TRUE(node().Set("a", "other", {.database = 1}).ok());
  const uint64_t last = Last();
  EXPECT_EQ(node().DeleteMany({"a", "b", "a", "none"})->deleted, 2u)
      << "a key counts once";
  EXPECT_EQ(Last(), last + 1);
  EXPECT_EQ(Read("a", 1), "other");
  EXPECT_EQ(node().DeleteMany({})->deleted, 0u);
  EXPECT_EQ(node().DeleteMany({"none"})->deleted, 0u);
  EXPECT_EQ(Last(), last + 1);
  EXPECT_EQ(node().DeleteMany({"a"}, {.database = 1})->deleted, 1u);
}

TEST_F(NodeChange, Increment) {
  EXPECT_EQ(node().Increment("n")->value, 1);
  EXPECT_EQ(node().Increment("n", 41)->value, 42);
  EXPECT_EQ(node().Increment("n", -50)->value, -8);
  EXPECT_EQ(Read("n"), "-8");
  ASSERT_TRUE(node().Expire("n", absl::Hours(1)).ok());
  EXPECT_EQ(node().Increment("n", 0)->value, -8);
  EXPECT_GT(Ttl("n"), absl::Minutes(59)) << "keeps the expiry";

  ASSERT_TRUE(node().Set("n", absl::StrCat(kMax)).ok());
  const uint64_t last = Last();
  EXPECT_EQ(StatusName(node().Increment("n")), "OUT_OF_RANGE");
  EXPECT_EQ(Read("n"), absl::StrCat(kMax));
  EXPECT_EQ(node().Increment("n", -kMax)->value, 0);
  EXPECT_EQ(node().Increment("n", std::numeric_limits<int64_t>::min())->value,
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(StatusName(node().Increment("n", -1)), "OUT_OF_RANGE");
  EXPECT_EQ(Last(), last + 2);
  for (const char* text : {"", "x", "1x", " 1", "1.5", "9223372036854775808"}) {
    ASSERT_TRUE(node().Set("s", text).ok());
    EXPECT_EQ(StatusName(node().Increment("s")), "INVALID_ARGUMENT") << text;
    EXPECT_EQ(Read("s"), text);
  }
}

TEST_F(NodeChange, IncrementFloat) {
  EXPECT_EQ(node().IncrementFloat("n", 10.5)->value, 10.5);
  EXPECT_EQ(node().IncrementFloat("n", -0.25)->value, 10.25);
  EXPECT_EQ(Read("n"), "10.25");
  ASSERT_TRUE(node().Set("n", "5.0e3").ok());
  EXPECT_EQ(node().IncrementFloat("n", 200)->value, 5200);
  EXPECT_EQ(Read("n"), "5200");
  ASSERT_TRUE(node().Set("n", "1.7e308").ok());
  EXPECT_EQ(StatusName(node().IncrementFloat("n", 1.7e308)), "OUT_OF_RANGE");
  EXPECT_EQ(StatusName(node().IncrementFloat("n", NAN)), "OUT_OF_RANGE");
  EXPECT_EQ(StatusName(node().IncrementFloat("n", INFINITY)), "OUT_OF_RANGE");
  EXPECT_EQ(Read("n"), "1.7e308");
  for (const char* text : {"", "x", "1 ", "nan", "inf"}) {
    ASSERT_TRUE(node().Set("s", text).ok());
    EXPECT_EQ(StatusName(node().IncrementFloat("s", 1)), "INVALID_ARGUMENT")
        << text;
  }
}

TEST_F(NodeChange, AppendAndRanges) {
  EXPECT_EQ(node().Append("k", "Hello")->size, 5u);
  ASSERT_TRUE(node().Expire("k", absl::Hours(1)).ok());
  EXPECT_EQ(node().Append("k", " World")->size, 11u);
  EXPECT_EQ(node().Append("k", "")->size, 11u);
  EXPECT_EQ(node().SetRange("k", 6, "Redis")->size, 11u);
  EXPECT_EQ(Read("k"), "Hello Redis");
  EXPECT_GT(Ttl("k"), absl::Minutes(59)) << "keep the expiry";
  EXPECT_EQ(*node().GetRange("k", 0, 5), "Hello");
  EXPECT_EQ(*node().GetRange("k", 6, UINT64_MAX), "Redis");
  EXPECT_EQ(*node().GetRange("k", 10, 5), "s");
  EXPECT_EQ(*node().GetRange("k", 11, 5), "");
  EXPECT_EQ(*node().GetRange("k", UINT64_MAX, UINT64_MAX), "");
  EXPECT_EQ(*node().GetRange("k", 3, 0), "");
  EXPECT_EQ(StatusName(node().GetRange("none", 0, 5)), "NOT_FOUND");

  EXPECT_EQ(node().SetRange("gap", 3, "x")->size, 4u);
  EXPECT_EQ(Read("gap"), std::string("\0\0\0x", 4));
  const uint64_t last = Last();
  EXPECT_EQ(node().SetRange("none", 5, "")->size, 0u);
  EXPECT_EQ(node().SetRange("k", 100, "")->size, 11u);
  EXPECT_EQ(Last(), last) << "nothing to write writes nothing";
  EXPECT_FALSE(node().Exists("none"));
  EXPECT_EQ(node().Append("none", "")->size, 0u);
  EXPECT_TRUE(node().Exists("none"));
}

TEST_F(NodeChange, Rename) {
  const absl::Time at = absl::FromUnixMillis(4'000'000'000'000);
  ASSERT_TRUE(node().Set("a", "1", {.expires_at = at}).ok());
  ASSERT_TRUE(node().Set("b", "2").ok());
  EXPECT_FALSE(node().Rename("a", "b", {.only_if_absent = true})->applied);
  EXPECT_EQ(Read("b"), "2");
  const auto renamed = node().Rename("a", "b");
  EXPECT_TRUE(renamed->applied);
  EXPECT_EQ(Read("a"), "(NOT_FOUND)");
  EXPECT_EQ(Read("b"), "1");
  EXPECT_EQ(node().Get("b")->expires_at, at);
  EXPECT_EQ(node().Get("b")->version, renamed->receipt.index);
  EXPECT_EQ(StatusName(node().Rename("a", "c")), "NOT_FOUND");
  EXPECT_EQ(StatusName(node().Rename("a", "b", {.only_if_absent = true})),
            "NOT_FOUND");
  EXPECT_TRUE(node().Rename("b", "c", {.only_if_absent = true})->applied);
  EXPECT_TRUE(node().Rename("c", "c")->applied);
  EXPECT_EQ(Read("c"), "1");
}

}  // namespace
}  // namespace vigil::test
