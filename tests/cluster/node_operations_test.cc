// What node.h says of the operations on keys, as an application sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/cluster/live_group.h"

namespace vigil::test {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// One node for all tests of this file; each finds it empty.
class NodeOperations : public testing::Test {
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

  static std::unique_ptr<LiveGroup> group_;
};
std::unique_ptr<LiveGroup> NodeOperations::group_;

// --- Set

TEST_F(NodeOperations, SetSaysWhereItStandsAndGetReadsItBack) {
  const auto first = node().Set("k", "v");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->applied);
  EXPECT_FALSE(first->previous.has_value());
  EXPECT_EQ(first->receipt.reached, Ack::kMemory);
  const auto value = node().Get("k");
  EXPECT_EQ(value->data, "v");
  EXPECT_EQ(value->version, first->receipt.index);
  EXPECT_EQ(value->expires_at, absl::InfiniteFuture());
  EXPECT_EQ(node().Set("k", "w", {.ack = Ack::kDisk})->receipt.reached,
            Ack::kDisk);
  EXPECT_EQ(node().Set("k", "w", {.ack = Ack::kQuorum})->receipt.reached,
            Ack::kQuorum);
  EXPECT_EQ(Read("none"), "(NOT_FOUND)");
  EXPECT_EQ(Read(""), "(NOT_FOUND)");
  ASSERT_TRUE(node().Set("empty", "").ok());
  EXPECT_TRUE(node().Exists("empty"));
  EXPECT_EQ(Read("empty"), "");
  const std::string bytes("\0\n\xff", 3);
  ASSERT_TRUE(node().Set(bytes, bytes).ok());
  EXPECT_EQ(Read(bytes), bytes);
}

TEST_F(NodeOperations, SetWithATtlAnExpiryOrTheOldOne) {
  ASSERT_TRUE(node().Set("k", "v", {.ttl = absl::Hours(1)}).ok());
  EXPECT_LE(Ttl("k"), absl::Hours(1));
  EXPECT_GT(Ttl("k"), absl::Minutes(59));
  ASSERT_TRUE(node().Set("k", "w", {.keep_ttl = true}).ok());
  EXPECT_GT(Ttl("k"), absl::Minutes(59));
  const absl::Time at = absl::FromUnixMillis(4'000'000'000'000);
  ASSERT_TRUE(node().Set("k", "x", {.expires_at = at}).ok());
  EXPECT_EQ(node().Get("k")->expires_at, at);
  ASSERT_TRUE(node().Set("k", "y").ok());
  EXPECT_EQ(Ttl("k"), absl::InfiniteDuration());
  ASSERT_TRUE(node().Set("new", "v", {.keep_ttl = true}).ok());
  EXPECT_EQ(Ttl("new"), absl::InfiniteDuration());
  ASSERT_TRUE(node().Set("k", "z", {.ttl = absl::InfiniteDuration()}).ok());
  EXPECT_EQ(Ttl("k"), absl::InfiniteDuration());
  // Rounded up to whole milliseconds.
  ASSERT_TRUE(
      node().Set("k", "v", {.expires_at = at + absl::Microseconds(1)}).ok());
  EXPECT_EQ(node().Get("k")->expires_at, at + absl::Milliseconds(1));

  const SetOptions wrong[] = {
      {.ttl = absl::Seconds(-1)},
      {.ttl = -absl::InfiniteDuration()},
      {.ttl = absl::Seconds(1), .expires_at = at},
      {.ttl = absl::Seconds(1), .keep_ttl = true},
      {.expires_at = at, .keep_ttl = true},
  };
  const uint64_t last = Last();
  for (const SetOptions& options : wrong) {
    EXPECT_EQ(node().Set("k", "no", options).status().code(),
              StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(Read("k"), "v");
  EXPECT_EQ(Last(), last);
}

TEST_F(NodeOperations, ATimeInThePastIsAcceptedAndNobodySeesTheValue) {
  for (const absl::Time past :
       {absl::Now() - absl::Hours(1), absl::UnixEpoch(),
        absl::UnixEpoch() - absl::Hours(1), absl::InfinitePast()}) {
    ASSERT_TRUE(node().Set("k", "old").ok());
    const auto set = node().Set("k", "v", {.expires_at = past});
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_TRUE(set->applied);
    EXPECT_EQ(Read("k"), "(NOT_FOUND)") << past;
    EXPECT_FALSE(node().Exists("k"));
  }
}

TEST_F(NodeOperations, AnExpiredKeyIsGoneForEveryReadAndWrite) {
  ASSERT_TRUE(node().Set("k", "5", {.ttl = absl::Milliseconds(1)}).ok());
  ASSERT_TRUE(Eventually([] { return !node().Exists("k"); }));
  EXPECT_EQ(Read("k"), "(NOT_FOUND)");
  EXPECT_FALSE(node().GetMany({"k"})[0].has_value());
  EXPECT_EQ(StatusName(node().Inspect("k")), "NOT_FOUND");
  EXPECT_TRUE(node().Scan({.count = 1000}).keys.empty());
  EXPECT_TRUE(node().Set("k", "1", {.when = When::kIfAbsent})->applied);
  ASSERT_TRUE(node().Set("k", "5", {.ttl = absl::Milliseconds(1)}).ok());
  ASSERT_TRUE(Eventually([] { return !node().Exists("k"); }));
  EXPECT_EQ(node().Increment("k")->value, 1);
  EXPECT_EQ(Ttl("k"), absl::InfiniteDuration());
  ASSERT_TRUE(node().Set("k", "5", {.ttl = absl::Milliseconds(1)}).ok());
  EXPECT_TRUE(Eventually([] { return node().KeyCount() == 0; }))
      << "the master deletes it";
}

TEST_F(NodeOperations, SetUnderConditions) {
  const auto absent = node().Set("k", "1", {.when = When::kIfPresent});
  ASSERT_TRUE(absent.ok());
  EXPECT_FALSE(absent->applied);
  EXPECT_EQ(absent->receipt.index, Last());
  EXPECT_EQ(Read("k"), "(NOT_FOUND)");
  EXPECT_TRUE(node().Set("k", "1", {.when = When::kIfAbsent})->applied);
  EXPECT_FALSE(node().Set("k", "2", {.when = When::kIfAbsent})->applied);
  EXPECT_TRUE(node().Set("k", "3", {.when = When::kIfPresent})->applied);
  EXPECT_EQ(Read("k"), "3");

  const uint64_t version = node().Get("k")->version;
  EXPECT_TRUE(node().Set("k", "4", {.if_version = version})->applied);
  EXPECT_FALSE(node().Set("k", "5", {.if_version = version})->applied);
  EXPECT_FALSE(node().Set("k", "5", {.if_version = 0})->applied);
  EXPECT_TRUE(node().Set("new", "1", {.if_version = 0})->applied);
  EXPECT_FALSE(node().Set("other", "1", {.if_version = 7})->applied);
  EXPECT_EQ(Read("k"), "4");

  // Both conditions must hold.
  const uint64_t now = node().Get("k")->version;
  EXPECT_FALSE(node()
                   .Set("k", "5", {.when = When::kIfAbsent, .if_version = now})
                   ->applied);
}

TEST_F(NodeOperations, SetReturnsWhatWasThere) {
  const absl::Time at = absl::FromUnixMillis(4'000'000'000'000);
  const auto first = node().Set("k", "1", {.return_previous = true});
  EXPECT_FALSE(first->previous.has_value());
  ASSERT_TRUE(node().Set("k", "2", {.expires_at = at}).ok());
  const uint64_t version = node().Get("k")->version;
  const auto set = node().Set("k", "3", {.return_previous = true});
  ASSERT_TRUE(set->previous.has_value());
  EXPECT_EQ(set->previous->data, "2");
  EXPECT_EQ(set->previous->version, version);
  EXPECT_EQ(set->previous->expires_at, at);
  const auto refused =
      node().Set("k", "4", {.when = When::kIfAbsent, .return_previous = true});
  EXPECT_FALSE(refused->applied);
  EXPECT_EQ(refused->previous->data, "3");
  EXPECT_FALSE(node().Set("k", "5")->previous.has_value()) << "not asked for";
}

TEST_F(NodeOperations, WhatIsOutOfRangeChangesNothing) {
  const std::string long_key(65537, 'k');
  const std::string long_value((16 << 20) + 1, 'v');
  const uint64_t last = Last();
  for (const auto& status : {
           node().Set("", "v").status(),
           node().Set(long_key, "v").status(),
           node().Set("k", long_value).status(),
           node().Set("k", "v", {.database = -1}).status(),
           node().Set("k", "v", {.database = 16}).status(),
           node().Delete("").status(),
           node().DeleteMany({"k", ""}).status(),
           node().Increment("", 1).status(),
           node().Append("", "v").status(),
           node().Append("k", long_value).status(),
           node().SetRange("k", 16 << 20, "v").status(),
           node().SetRange("k", UINT64_MAX, "v").status(),
           node().SetRange("k", UINT64_MAX - 1, "vvvvv").status(),
           node().Rename("", "n").status(),
           node().Rename("k", "").status(),
           node().Expire("", absl::Seconds(1)).status(),
           node().Persist("").status(),
           node().FlushDatabase({.database = 16}).status(),
           node().SwapDatabases(0, 16).status(),
           node().SwapDatabases(-1, 0).status(),
           node().Write(Batch().Set("", "v")).status(),
           node().Write(Batch().In(99).Set("k", "v")).status(),
       }) {
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
    EXPECT_FALSE(ReceiptOf(status).has_value());
  }
  EXPECT_EQ(Last(), last);
  const std::string longest_key(65536, 'k');
  const std::string longest_value(16 << 20, 'v');
  EXPECT_TRUE(node().Set(longest_key, longest_value).ok());
  EXPECT_TRUE(node().Rename(longest_key, std::string(65536, 'n')).ok());
  EXPECT_TRUE(node().Delete(std::string(65536, 'n'))->existed);
}

TEST_F(NodeOperations, ReadsOfNoSuchDatabaseFindNothing) {
  ASSERT_TRUE(node().Set("k", "v").ok());
  for (const int database : {-1, 16, 1000}) {
    EXPECT_EQ(Read("k", database), "(NOT_FOUND)");
    EXPECT_EQ(StatusName(node().GetPinned("k", {database})), "NOT_FOUND");
    EXPECT_FALSE(node().GetMany({"k"}, {database})[0].has_value());
    EXPECT_FALSE(node().Exists("k", {database}));
    EXPECT_FALSE(node().Touch("k", {database}));
    EXPECT_EQ(StatusName(node().RandomKey({database})), "NOT_FOUND");
    EXPECT_EQ(node().KeyCount({database}), 0u);
    const ScanPage page = node().Scan({.database = database});
    EXPECT_TRUE(page.keys.empty());
    EXPECT_EQ(page.cursor, 0u);
  }
}

// --- Delete, numbers, bytes

TEST_F(NodeOperations, Delete) {
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

TEST_F(NodeOperations, DeleteManyIsOneRecord) {
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

TEST_F(NodeOperations, Increment) {
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

TEST_F(NodeOperations, IncrementFloat) {
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

TEST_F(NodeOperations, AppendAndRanges) {
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

TEST_F(NodeOperations, Rename) {
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

// --- Expiry

TEST_F(NodeOperations, ExpireUnderEachCondition) {
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

TEST_F(NodeOperations, ExpireInThePastDeletes) {
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

TEST_F(NodeOperations, PersistAndTimeToLive) {
  ASSERT_TRUE(node().Set("k", "v", {.ttl = absl::Hours(1)}).ok());
  EXPECT_TRUE(node().Persist("k")->applied);
  EXPECT_EQ(Ttl("k"), absl::InfiniteDuration());
  EXPECT_FALSE(node().Persist("k")->applied);
  const absl::Time at = absl::FromUnixMillis(4'000'000'000'000);
  EXPECT_TRUE(node().ExpireAt("k", at)->applied);
  EXPECT_FALSE(node().ExpireAt("k", at)->applied) << "it expires then already";
  EXPECT_EQ(node().Inspect("k")->expires_at, at);
  EXPECT_TRUE(node().ExpireAt("k", absl::InfiniteFuture())->applied);
  EXPECT_EQ(Ttl("k"), absl::InfiniteDuration());
  EXPECT_EQ(StatusName(node().TimeToLive("none")), "NOT_FOUND");
}

// --- Reads

TEST_F(NodeOperations, InspectAndTouch) {
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

TEST_F(NodeOperations, GetManyAnswersEachKeyInItsPlace) {
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

TEST_F(NodeOperations, GetManySeesNoBatchInHalf) {
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

TEST_F(NodeOperations, APinnedValueStaysAsItIs) {
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

TEST_F(NodeOperations, ScanFindsWhatIsThereWhileKeysComeAndGo) {
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
        node().Scan({.cursor = cursor, .prefix = "stay:", .count = 50});
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

TEST_F(NodeOperations, ScanByPrefixPatternAndCount) {
  for (const char* key : {"user:1", "user:2", "user:10", "item:1", "u[x]"}) {
    ASSERT_TRUE(node().Set(key, "v").ok());
  }
  const auto all = [&](ScanOptions options) {
    std::vector<std::string> keys;
    do {
      ScanPage page = node().Scan(options);
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
  EXPECT_TRUE(all({.database = 3}).empty());
  // Not one that a scan returned: no keys are promised, but it comes to an end.
  for (const uint64_t cursor : {uint64_t{1}, uint64_t{12345678}, UINT64_MAX}) {
    all({.cursor = cursor});
  }
}

TEST_F(NodeOperations, RandomKeyAndKeyCountAndForEach) {
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

// --- Batches

TEST_F(NodeOperations, ABatchHappensAsOne) {
  ASSERT_TRUE(node().Set("n", "5", {.ttl = absl::Hours(1)}).ok());
  ASSERT_TRUE(node().Set("old", "v").ok());
  const uint64_t last = Last();
  const auto done = node().Write(Batch()
                                     .CheckExists("n")
                                     .CheckAbsent("x")
                                     .Increment("n", 2)
                                     .Increment("n", 3)
                                     .Append("x", "ab")
                                     .SetRange("x", 3, "d")
                                     .IncrementFloat("f", 1.5)
                                     .Rename("old", "new")
                                     .Delete("none")
                                     .Persist("n")
                                     .In(4)
                                     .Set("y", "4")
                                     .Expire("y", absl::UnixEpoch()),
                                 {.ack = Ack::kQuorum});
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(Last(), last + 1) << "one record";
  EXPECT_EQ(done->receipt.index, last + 1);
  EXPECT_EQ(done->receipt.reached, Ack::kQuorum);
  ASSERT_EQ(done->results.size(), 12u);
  EXPECT_EQ(done->results[2].integer, 7);
  EXPECT_EQ(done->results[3].integer, 10);
  EXPECT_EQ(done->results[4].size, 2u);
  EXPECT_EQ(done->results[5].size, 4u);
  EXPECT_EQ(done->results[6].real, 1.5);
  EXPECT_TRUE(done->results[7].applied);
  EXPECT_FALSE(done->results[8].applied);
  EXPECT_TRUE(done->results[9].applied);
  EXPECT_EQ(Read("n"), "10");
  EXPECT_EQ(Ttl("n"), absl::InfiniteDuration());
  EXPECT_EQ(Read("x"), std::string("ab\0d", 4));
  EXPECT_EQ(Read("old"), "(NOT_FOUND)");
  EXPECT_EQ(Read("new"), "v");
  EXPECT_EQ(Read("y", 4), "(NOT_FOUND)");
  EXPECT_EQ(node().Get("n")->version, node().Get("x")->version);

  const auto nothing = node().Write(Batch());
  EXPECT_TRUE(nothing.ok());
  EXPECT_TRUE(nothing->results.empty());
  EXPECT_EQ(nothing->receipt.index, last + 1);
  EXPECT_TRUE(node().Write(Batch().Delete("none")).ok());
  EXPECT_EQ(Last(), last + 1);
}

TEST_F(NodeOperations, ARejectedBatchChangesNothing) {
  ASSERT_TRUE(node().Set("k", "text").ok());
  const uint64_t version = node().Get("k")->version;
  ASSERT_TRUE(node().Set("max", absl::StrCat(kMax)).ok());
  const uint64_t last = Last();
  const auto begin = [] {
    return Batch().Set("a", "1").Delete("k").Append("max", "");
  };
  struct Case {
    const char* name;
    Batch batch;
    StatusCode code;
  };
  const Case cases[] = {
      {"version", begin().Check("max", 1), StatusCode::kAborted},
      {"a version of this batch", begin().Check("a", last + 1),
       StatusCode::kAborted},
      {"deleted before in it", begin().Check("k", version),
       StatusCode::kAborted},
      {"should be there", begin().CheckExists("none"), StatusCode::kAborted},
      {"should not", begin().CheckAbsent("max"), StatusCode::kAborted},
      {"condition of a set", begin().Set("max", "1", {.when = When::kIfAbsent}),
       StatusCode::kAborted},
      {"version of a set", begin().Set("max", "1", {.if_version = 0}),
       StatusCode::kAborted},
      {"overflow", begin().Increment("max"), StatusCode::kOutOfRange},
      {"no number", Batch().Set("a", "1").Increment("k"),
       StatusCode::kInvalidArgument},
      {"no key to rename", begin().Rename("none", "n"), StatusCode::kNotFound},
      {"a name that is taken", begin().Rename("a", "max", true),
       StatusCode::kAborted},
      {"no ttl", begin().Set("b", "1", {.ttl = absl::Seconds(-1)}),
       StatusCode::kInvalidArgument},
      {"too much",
       begin()
           .Set("b", std::string(16 << 20, 'v'))
           .Set("c", std::string(1 << 20, 'v')),
       StatusCode::kInvalidArgument},
  };
  for (const Case& c : cases) {
    const auto written = node().Write(c.batch);
    EXPECT_EQ(written.status().code(), c.code) << c.name << written.status();
    EXPECT_EQ(Last(), last) << c.name;
    EXPECT_EQ(Read("a"), "(NOT_FOUND)") << c.name;
    EXPECT_EQ(Read("k"), "text") << c.name;
  }
  EXPECT_THAT(node().Write(begin().CheckExists("none")).status().ToString(),
              HasSubstr("operation 3"));
}

TEST_F(NodeOperations, CompareAndSetLosesNoUpdate) {
  ASSERT_TRUE(node().Set("n", "0").ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int done = 0; done < 250;) {
        const auto seen = node().Get("n");
        const auto set =
            node().Set("n", absl::StrCat(std::stoi(seen->data) + 1),
                       {.if_version = seen->version});
        ASSERT_TRUE(set.ok());
        done += set->applied ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Read("n"), "1000");
}

// --- Databases

TEST_F(NodeOperations, DatabasesAreApartAndCanBeSwappedAndFlushed) {
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

// --- Acks

TEST_F(NodeOperations, WaitReachesMore) {
  const auto set = node().Set("k", "v");
  EXPECT_EQ(node().Wait(set->receipt, Ack::kMemory)->reached, Ack::kMemory);
  EXPECT_EQ(node().Wait(set->receipt, Ack::kDisk)->reached, Ack::kDisk);
  const auto quorum = node().Wait(set->receipt, Ack::kQuorum);
  EXPECT_EQ(quorum->reached, Ack::kQuorum);
  EXPECT_EQ(quorum->index, set->receipt.index);
  Receipt foreign = set->receipt;
  ++foreign.epoch;
  EXPECT_EQ(StatusName(node().Wait(foreign, Ack::kQuorum)),
            "FAILED_PRECONDITION");
  Receipt future = set->receipt;
  future.index += 1000;
  EXPECT_EQ(StatusName(node().Wait(future, Ack::kQuorum, absl::Seconds(-1))),
            "DEADLINE_EXCEEDED");
  const auto never = node().Wait(future, Ack::kDisk, absl::Milliseconds(10));
  EXPECT_EQ(StatusName(never), "DEADLINE_EXCEEDED");
  EXPECT_EQ(ReceiptOf(never.status())->index, future.index);
}

}  // namespace
}  // namespace vigil::test
