#include "engine/big_keys.h"

#include <gtest/gtest.h>

#include <string>

namespace vigil::engine {
namespace {

TEST(BigKeys, KeepsTheLargestWhateverTheirOrder) {
  BigKeys big(3);
  for (size_t i = 0; i < 1000; ++i) {
    const size_t bytes = i * 7 % 1000;  // each of 0 to 999 once
    big.Add(2, "k", bytes);
  }
  const auto top = big.Top();
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].bytes, 1000u);
  EXPECT_EQ(top[1].bytes, 999u);
  EXPECT_EQ(top[2].bytes, 998u);
  EXPECT_EQ(top[0].database, 2);
  EXPECT_EQ(big.entries(), 1000u);
  EXPECT_EQ(big.bytes(), 1000u * 999 / 2 + 1000);
}

TEST(BigKeys, CutsLongKeysAndCountsThemWhole) {
  BigKeys big;
  const std::string key(5000, 'k');
  big.Add(0, key, 1);
  EXPECT_EQ(big.Top()[0].key, key.substr(0, BigKeys::kKeyBytes));
  EXPECT_EQ(big.Top()[0].bytes, 5001u);
}

TEST(BigKeys, WithoutRoomItOnlyCounts) {
  BigKeys big(0);
  big.Add(0, "k", 9);
  EXPECT_TRUE(big.Top().empty());
  EXPECT_EQ(big.bytes(), 10u);
}

}  // namespace
}  // namespace vigil::engine
