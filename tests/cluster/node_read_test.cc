// What node.h says of reads of one key, of several, and of all, as an application sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/one_node.h"

namespace vigil::test {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class NodeRead : public OneNode {};

TEST_F(NodeRead, InspectAndTouch) {
  ASSERT_TRUE(node().Set("k", std::string(1000, 'v')).ok());
  const auto info = node().Inspect("k");
  EXPECT_EQ(info->type, ValueType::kString);
  EXPECT_EQ(info->size, 1000u);
  EXPECT_EQ(info->version, node().Get("k")->version);
  EXPECT_EQ(info->expires_at, absl::InfiniteFuture());
  EXPECT_GE(info->memory_bytes, 1001u);
  EXPECT_LT(info->memory_bytes, 1300u);
  EXPECT_EQ(StatusName(node().Inspect("none")), "NOT_FOUND");
  EXPECT_TRUE(node().Touch("k"));
  EXPECT_FALSE(node().Touch("none"));
}

TEST_F(NodeRead, GetManyAnswersEachKeyInItsPlace) {
  ASSERT_TRUE(node().Set("a", "1").ok());
  ASSERT_TRUE(node().Set("b", "2").ok());
  const auto values = node().GetMany({"b", "none", "a", "", "b"});
  ASSERT_EQ(values.size(), 5u);
  EXPECT_EQ(values[0]->data, "2");
  EXPECT_FALSE(values[1].has_value());
  EXPECT_EQ(values[2]->data, "1");
  EXPECT_EQ(values[2]->version, node().Get("a")->version);
  EXPECT_FALSE(values[3].has_value());
  EXPECT_EQ(values[4]->data, "2");
  EXPECT_TRUE(node().GetMany({}).empty());
}

TEST_F(NodeRead, GetManySeesNoBatchInHalf) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string text = absl::StrCat(i);
      ASSERT_TRUE(
          node()
              .Write(Batch().Set("a", text).Set("b", text).Set("c", text))
              .ok());
    }
  });
  for (int i = 0; i < 5000; ++i) {
    const auto values = node().GetMany({"a", "b", "c"});
    if (!values[0]) continue;
    ASSERT_EQ(values[0]->data, values[1]->data);
    ASSERT_EQ(values[0]->data, values[2]->data);
    ASSERT_EQ(values[0]->version, values[2]->version);
  }
  stop = true;
  writer.join();
}

TEST_F(NodeRead, APinnedValueStaysAsItIs) {
  for (const size_t size : {size_t{3}, size_t{100'000}}) {
    const std::string old(size, 'o');
    ASSERT_TRUE(node().Set("k", old, {.ttl = absl::Hours(1)}).ok());
    const auto pinned = node().GetPinned("k");
    ASSERT_TRUE(pinned.ok());
    EXPECT_EQ(pinned->version(), node().Get("k")->version);
    EXPECT_EQ(pinned->expires_at(), node().Get("k")->expires_at);
    const PinnedValue copy = *pinned;
    ASSERT_TRUE(node().Set("k", std::string(size, 'n')).ok());
    EXPECT_EQ(pinned->data(), old) << "after an overwrite";
    ASSERT_TRUE(node().Delete("k").ok());
    ASSERT_TRUE(node().FlushAll().ok());
    EXPECT_EQ(copy.data(), old) << "after a delete";
  }
  EXPECT_EQ(StatusName(node().GetPinned("none")), "NOT_FOUND");
  EXPECT_EQ(PinnedValue().data(), "");
}

TEST_F(NodeRead, ScanFindsWhatIsThereWhileKeysComeAndGo) {
  std::set<std::string> stay;
  for (int i = 0; i < 3000; ++i) {
    stay.insert(absl::StrCat("stay:", i));
    ASSERT_TRUE(node().Set(absl::StrCat("stay:", i), "v").ok());
  }
  std::set<std::string> found;
  uint64_t cursor = 0;
  int other = 0;
  do {
    const ScanPage page =
        *node().Scan({.cursor = cursor, .prefix = "stay:", .count = 50});
    found.insert(page.keys.begin(), page.keys.end());
    cursor = page.cursor;
    for (int i = 0; i < 200; ++i, ++other) {
      ASSERT_TRUE(node().Set(absl::StrCat("come:", other), "v").ok());
      if (other % 2 != 0) continue;
      ASSERT_TRUE(node().Delete(absl::StrCat("come:", other / 2)).ok());
    }
  } while (cursor != 0);
  EXPECT_EQ(found, stay);
  EXPECT_GT(other, 3000) << "the table has grown meanwhile";
}

TEST_F(NodeRead, ScanByPrefixPatternAndCount) {
  for (const char* key : {"user:1", "user:2", "user:10", "item:1", "u[x]"}) {
    ASSERT_TRUE(node().Set(key, "v").ok());
  }
  const auto all = [&](ScanOptions options) {
    std::vector<std::string> keys;
    do {
      ScanPage page = *node().Scan(options);
      keys.insert(keys.end(), page.keys.begin(), page.keys.end());
      options.cursor = page.cursor;
    } while (options.cursor != 0);
    return keys;
  };
  EXPECT_EQ(all({}).size(), 5u);
  EXPECT_EQ(all({.count = 0}).size(), 5u);
  EXPECT_EQ(all({.count = 1}).size(), 5u);
  EXPECT_EQ(all({.count = SIZE_MAX}).size(), 5u);
  EXPECT_THAT(all({.prefix = "item:"}), ElementsAre("item:1"));
  EXPECT_THAT(all({.pattern = "user:?"}),
              UnorderedElementsAre("user:1", "user:2"));
  EXPECT_THAT(all({.prefix = "user:", .pattern = "*1*"}),
              UnorderedElementsAre("user:1", "user:10"));
  EXPECT_THAT(all({.pattern = "u\\[x\\]"}), ElementsAre("u[x]"));
  EXPECT_THAT(all({.pattern = "[a-i]*"}), ElementsAre("item:1"));
  EXPECT_EQ(all({.type = ValueType::kString}).size(), 5u);
  for (const ValueType other : {ValueType::kList, ValueType::kSet,
                                ValueType::kSortedSet, ValueType::kHash}) {
    EXPECT_TRUE(all({.type = other}).empty());
  }
  for (const int unknown : {-1, 5, 99}) {
    EXPECT_EQ(
        StatusName(node().Scan({.type = static_cast<ValueType>(unknown)})),
        "INVALID_ARGUMENT");
  }
  EXPECT_TRUE(all({.database = 3}).empty());
  // Not one that a scan returned: no keys are promised, but it comes to an end.
  for (const uint64_t cursor : {uint64_t{1}, uint64_t{12345678}, UINT64_MAX}) {
    all({.cursor = cursor});
  }
}

TEST_F(NodeRead, RandomKeyAndKeyCountAndForEach) {
  EXPECT_EQ(StatusName(node().RandomKey()), "NOT_FOUND");
  EXPECT_EQ(node().KeyCount(), 0u);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(node().Set(absl::StrCat(i), "v").ok());
    ASSERT_TRUE(
        node().Set(absl::StrCat("other", i), "v", {.database = 2}).ok());
  }
  EXPECT_EQ(node().KeyCount(), 10u);
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) seen.insert(*node().RandomKey());
  EXPECT_EQ(seen.size(), 10u);
  size_t visited = 0;
  node().ForEach([&](std::string_view key, const Value& value) {
    EXPECT_EQ(key.size(), 1u);
    EXPECT_EQ(value.data, "v");
    ++visited;
    ASSERT_TRUE(node().Set("seen", "v", {.database = 5}).ok()) << "no lock";
  });
  EXPECT_EQ(visited, 10u);
}

}  // namespace
}  // namespace vigil::test
