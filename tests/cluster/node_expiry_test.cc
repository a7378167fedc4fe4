// What node.h says of times to live, as an application sees it.
#include <gtest/gtest.h>

#include "tests/cluster/one_node.h"

namespace vigil::test {
namespace {

class NodeExpiry : public OneNode {};

TEST_F(NodeExpiry, ExpireUnderEachCondition) {
  struct Case {
    const char* name;
    absl::Duration present;  // infinite: does not expire
    absl::Duration next;
    ExpireIf when;
    bool applied;
  };
  const absl::Duration never = absl::InfiniteDuration();
  const absl::Duration one = absl::Hours(1);
  const absl::Duration two = absl::Hours(2);
  const Case cases[] = {
      {"always, on none", never, one, ExpireIf::kAlways, true},
      {"always, on one", two, one, ExpireIf::kAlways, true},
      {"always, back to none", one, never, ExpireIf::kAlways, true},
      {"never, on none", never, one, ExpireIf::kNever, true},
      {"never, on one", two, one, ExpireIf::kNever, false},
      {"already, on none", never, one, ExpireIf::kAlready, false},
      {"already, on one", two, one, ExpireIf::kAlready, true},
      {"greater, on none", never, one, ExpireIf::kGreater, false},
      {"greater, on less", one, two, ExpireIf::kGreater, true},
      {"greater, on greater", two, one, ExpireIf::kGreater, false},
      {"greater: none is the greatest", two, never, ExpireIf::kGreater, true},
      {"less, on none", never, one, ExpireIf::kLess, true},
      {"less, on less", one, two, ExpireIf::kLess, false},
      {"less, on greater", two, one, ExpireIf::kLess, true},
      {"less: none is the greatest", two, never, ExpireIf::kLess, false},
  };
  for (const Case& c : cases) {
    ASSERT_TRUE(node().Set("k", "v", {.ttl = c.present}).ok());
    const auto expire = node().Expire("k", c.next, {.when = c.when});
    ASSERT_TRUE(expire.ok()) << expire.status();
    EXPECT_EQ(expire->applied, c.applied) << c.name;
    const absl::Duration expected = c.applied ? c.next : c.present;
    const absl::Duration left = Ttl("k");
    EXPECT_LE(left, expected) << c.name;
    EXPECT_GE(left, expected - absl::Minutes(1)) << c.name;
    EXPECT_EQ(Read("k"), "v");
  }
}

TEST_F(NodeExpiry, ExpireInThePastDeletes) {
  for (const absl::Duration ttl :
       {absl::ZeroDuration(), absl::Seconds(-1), -absl::InfiniteDuration()}) {
    ASSERT_TRUE(node().Set("k", "v").ok());
    const auto gone = node().Expire("k", ttl);
    EXPECT_TRUE(gone->applied);
    EXPECT_EQ(Read("k"), "(NOT_FOUND)");
    EXPECT_EQ(node().KeyCount(), 0u) << "not only hidden";
  }
  for (const absl::Time at : {absl::UnixEpoch(), absl::InfinitePast()}) {
    ASSERT_TRUE(node().Set("k", "v").ok());
    EXPECT_TRUE(node().ExpireAt("k", at)->applied);
    EXPECT_EQ(node().KeyCount(), 0u);
  }
  EXPECT_FALSE(node().Expire("k", absl::Hours(1))->applied) << "no such key";
  EXPECT_FALSE(node().Persist("k")->applied);
}

TEST_F(NodeExpiry, PersistAndTimeToLive) {
  ASSERT_TRUE(node().Set("k", "v", {.ttl = absl::Hours(1)}).ok());
  EXPECT_TRUE(node().Persist("k")->applied);
  EXPECT_EQ(Ttl("k"), absl::InfiniteDuration());
  EXPECT_FALSE(node().Persist("k")->applied);
  const absl::Time at = absl::FromUnixMillis(4'000'000'000'000);
  EXPECT_TRUE(node().ExpireAt("k", at)->applied);
  EXPECT_TRUE(node().ExpireAt("k", at)->applied) << "though it did already";
  EXPECT_EQ(node().Inspect("k")->expires_at, at);
  EXPECT_TRUE(node().ExpireAt("k", absl::InfiniteFuture())->applied);
  EXPECT_EQ(Ttl("k"), absl::InfiniteDuration());
  EXPECT_EQ(StatusName(node().TimeToLive("none")), "NOT_FOUND");
}

}  // namespace
}  // namespace vigil::test
