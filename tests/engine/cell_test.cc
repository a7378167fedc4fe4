#include "engine/cell.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vigil::engine {
namespace {

class CellTest : public ::testing::Test {
 protected:
  Cell& Make(const Cell::Content& content) {
    memory_.resize(Cell::BytesFor(content));
    return *Cell::Make(memory_.data(), content);
  }
  std::vector<char> memory_;
};

TEST_F(CellTest, HoldsAllOfItsContent) {
  for (const size_t key_bytes : {1, 255, 256, 65'536}) {
    for (const size_t value_bytes : {0, 1, 65'535, 65'536}) {
      for (const int64_t expires : {0, 1, -1}) {
        const std::string key(key_bytes, 'k');
        const std::string value(value_bytes, 'v');
        const Cell& cell = Make({.database = 255,
                                 .key = key,
                                 .value = value,
                                 .version = Cell::kVersionMax,
                                 .expires_at = {expires}});
        EXPECT_EQ(cell.key(), key);
        EXPECT_EQ(cell.value(), value);
        EXPECT_EQ(cell.database(), 255);
        EXPECT_EQ(cell.version(), Cell::kVersionMax);
        EXPECT_EQ(cell.expires_at(), WallTime{expires});
        EXPECT_EQ(cell.expires(), expires != 0);
        EXPECT_EQ(cell.bytes(), memory_.size());
      }
    }
  }
}

TEST_F(CellTest, AShortKeyAndValueCostFifteenBytesBesideThem) {
  EXPECT_EQ(Cell::BytesFor({.key = "k", .value = "v"}), 2u + 15);
  EXPECT_EQ(Cell::BytesFor({.key = "k", .value = "v", .expires_at = {1}}),
            2u + 15 + 8);
}

TEST_F(CellTest, WhatIsReplacedInPlaceKeepsWhatIsKnownOfTheKey) {
  Cell& cell = Make({.key = "k", .value = "old", .version = 1});
  cell.set_access(0xabcdef);
  cell.set_dirty(true);
  cell.set_stored(true);
  ASSERT_TRUE(cell.Fits({.key = "k", .value = "new"}));
  cell.Replace({.key = "k", .value = "new", .version = 2});
  EXPECT_EQ(cell.value(), "new");
  EXPECT_EQ(cell.version(), 2u);
  EXPECT_EQ(cell.access(), 0xabcdefu);
  EXPECT_TRUE(cell.dirty());
  EXPECT_TRUE(cell.stored());
  EXPECT_FALSE(cell.Fits({.key = "k", .value = "longer"}));
  EXPECT_FALSE(cell.Fits({.key = "k", .value = "new", .expires_at = {1}}));
}

TEST_F(CellTest, ItsOwnValueMayReplaceIt) {
  Cell& cell = Make({.key = "k", .value = "v", .expires_at = {1}});
  cell.Replace(
      {.key = "k", .value = cell.value(), .version = 2, .expires_at = {9}});
  EXPECT_EQ(cell.value(), "v");
  EXPECT_EQ(cell.expires_at(), WallTime{9});
}

TEST_F(CellTest, ExpiresAtItsTimeNotAfterIt) {
  const Cell& cell = Make({.key = "k", .expires_at = {1000}});
  EXPECT_FALSE(cell.ExpiredAt({999}));
  EXPECT_TRUE(cell.ExpiredAt({1000}));
  std::vector<char> other(Cell::BytesFor({.key = "k"}));
  EXPECT_FALSE(Cell::Make(other.data(), {.key = "k"})->ExpiredAt({1 << 30}));
}

}  // namespace
}  // namespace vigil::engine
