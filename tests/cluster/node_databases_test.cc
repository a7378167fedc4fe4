// What node.h says of numbered databases, as an application sees it.
#include <gtest/gtest.h>

#include "tests/cluster/one_node.h"

namespace vigil::test {
namespace {

class NodeDatabases : public OneNode {};

TEST_F(NodeDatabases, DatabasesAreApartAndCanBeSwappedAndFlushed) {
  ASSERT_TRUE(node().Set("k", "zero").ok());
  ASSERT_TRUE(node().Set("k", "one", {.database = 1}).ok());
  ASSERT_TRUE(node().Set("k", "last", {.database = 15}).ok());
  EXPECT_EQ(Read("k", 1), "one");
  const auto swapped = node().SwapDatabases(0, 1, {.ack = Ack::kDisk});
  ASSERT_TRUE(swapped.ok());
  EXPECT_EQ(swapped->reached, Ack::kDisk);
  EXPECT_EQ(Read("k", 0), "one");
  EXPECT_EQ(Read("k", 1), "zero");
  EXPECT_TRUE(node().SwapDatabases(2, 2).ok());
  ASSERT_TRUE(node().FlushDatabase({.database = 1}).ok());
  EXPECT_EQ(Read("k", 1), "(NOT_FOUND)");
  EXPECT_EQ(node().KeyCount({1}), 0u);
  EXPECT_EQ(Read("k", 0), "one");
  ASSERT_TRUE(node().Set("k", "again", {.database = 1}).ok());
  EXPECT_EQ(Read("k", 1), "again");
  ASSERT_TRUE(node().FlushAll({.ack = Ack::kQuorum}).ok());
  for (int database = 0; database < 16; ++database) {
    EXPECT_EQ(node().KeyCount({database}), 0u);
  }
}

}  // namespace
}  // namespace vigil::test
