// OneNode: a node of a group of one, for all tests of a suite; each finds it empty.
#ifndef VIGIL_TESTS_CLUSTER_ONE_NODE_H_
#define VIGIL_TESTS_CLUSTER_ONE_NODE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/cluster/live_group.h"

namespace vigil::test {

class OneNode : public testing::Test {
 protected:
  static void SetUpTestSuite() { group_ = std::make_unique<LiveGroup>(1); }
  static void TearDownTestSuite() { group_.reset(); }
  void SetUp() override { ASSERT_TRUE(node().FlushAll().ok()); }

  static Node& node() { return group_->master(); }
  static std::string Read(std::string_view key, int database = 0) {
    const auto value = node().Get(key, {database});
    return value.ok() ? value->data : absl::StrCat("(", StatusName(value), ")");
  }
  template <typename T>
  static std::string StatusName(const absl::StatusOr<T>& result) {
    return absl::StatusCodeToString(result.status().code());
  }
  static absl::Duration Ttl(std::string_view key) {
    const auto ttl = node().TimeToLive(key);
    EXPECT_TRUE(ttl.ok()) << ttl.status();
    return ttl.value_or(absl::ZeroDuration());
  }
  // The log's end: nothing was written between two equal ones.
  static uint64_t Last() { return node().status().last_index; }

  static inline std::unique_ptr<LiveGroup> group_;
};

}  // namespace vigil::test

#endif  // VIGIL_TESTS_CLUSTER_ONE_NODE_H_
