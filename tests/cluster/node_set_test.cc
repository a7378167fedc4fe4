// What node.h says of Set, of Wait, and of what all writes refuse, as an application sees it.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/cluster/one_node.h"

namespace vigil::test {
namespace {

using absl::StatusCode;

class NodeSet : public OneNode {};

TEST_F(NodeSet, SetSaysWhereItStandsAndGetReadsItBack) {
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

TEST_F(NodeSet, SetWithATtlAnExpiryOrTheOldOne) {
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

TEST_F(NodeSet, ATimeInThePastIsAcceptedAndNobodySeesTheValue) {
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

TEST_F(NodeSet, AnExpiredKeyIsGoneForEveryReadAndWrite) {
  ASSERT_TRUE(node().Set("k", "5", {.ttl = absl::Milliseconds(1)}).ok());
  ASSERT_TRUE(Eventually([] { return !node().Exists("k"); }));
  EXPECT_EQ(Read("k"), "(NOT_FOUND)");
  EXPECT_FALSE(node().GetMany({"k"})[0].has_value());
  EXPECT_EQ(StatusName(node().Inspect("k")), "NOT_FOUND");
  EXPECT_TRUE(node().Scan({.count = 1000})->keys.empty());
  EXPECT_TRUE(node().Set("k", "1", {.when = When::kIfAbsent})->applied);
  ASSERT_TRUE(node().Set("k", "5", {.ttl = absl::Milliseconds(1)}).ok());
  ASSERT_TRUE(Eventually([] { return !node().Exists("k"); }));
  EXPECT_EQ(node().Increment("k")->value, 1);
  EXPECT_EQ(Ttl("k"), absl::InfiniteDuration());
  ASSERT_TRUE(node().Set("k", "5", {.ttl = absl::Milliseconds(1)}).ok());
  EXPECT_TRUE(Eventually([] { return node().KeyCount() == 0; }))
      << "the master deletes it";
}

TEST_F(NodeSet, SetUnderConditions) {
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

TEST_F(NodeSet, SetReturnsWhatWasThere) {
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

TEST_F(NodeSet, WhatIsOutOfRangeChangesNothing) {
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

TEST_F(NodeSet, ReadsOfNoSuchDatabaseFindNothing) {
  ASSERT_TRUE(node().Set("k", "v").ok());
  for (const int database : {-1, 16, 1000}) {
    EXPECT_EQ(Read("k", database), "(NOT_FOUND)");
    EXPECT_EQ(StatusName(node().GetPinned("k", {database})), "NOT_FOUND");
    EXPECT_FALSE(node().GetMany({"k"}, {database})[0].has_value());
    EXPECT_FALSE(node().Exists("k", {database}));
    EXPECT_FALSE(node().Touch("k", {database}));
    EXPECT_EQ(StatusName(node().RandomKey({database})), "NOT_FOUND");
    EXPECT_EQ(node().KeyCount({database}), 0u);
    const ScanPage page = *node().Scan({.database = database});
    EXPECT_TRUE(page.keys.empty());
    EXPECT_EQ(page.cursor, 0u);
  }
}

TEST_F(NodeSet, WaitReachesMore) {
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
