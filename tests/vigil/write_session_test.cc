#include "vigil/write_session.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/databases.h"
#include "vigil/outcome.h"
#include "vigil/session_table.h"

namespace vigil {
namespace {

TEST(WriteSession, EachSlotOfEachSessionHasAKeyOfItsOwn) {
  const std::string key = SessionKey({1, 2}, 3);
  EXPECT_EQ(key, SessionKey({1, 2}, 3));
  for (const std::string& other :
       {SessionKey({2, 2}, 3), SessionKey({1, 3}, 3), SessionKey({1, 2}, 4),
        SessionKey({1, 2}, 3 + 256)}) {
    EXPECT_NE(key, other);
  }
  EXPECT_FALSE(engine::ConcernsDatabases(key));
}

TEST(WriteSession, AnEntryComesBackAsItWas) {
  for (const SessionEntry& entry :
       {SessionEntry{.sequence = 1, .outcome = "what"},
        SessionEntry{.sequence = 1ull << 60,
        .verdict = absl::AbortedError("a condition")}}) {
    const auto read = DecodeSessionEntry(EncodeSessionEntry(entry));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->sequence, entry.sequence);
    EXPECT_EQ(read->verdict, entry.verdict);
    EXPECT_EQ(read->outcome, entry.outcome);
    EXPECT_TRUE(read->kept);
  }
}

TEST(WriteSession, OfAnOutcomeThatIsTooLargeOnlyThatItWasIsKept) {
  const std::string bytes = EncodeSessionEntry(
      {.sequence = 5, .outcome = std::string(kOutcomeBytesMax + 1, 'x')});
  EXPECT_LT(bytes.size(), 20u);
  const auto read = DecodeSessionEntry(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read->kept);
  EXPECT_EQ(read->sequence, 5u);
}

TEST(WriteSession, WhatIsNoEntryIsRefused) {
  for (const std::string& bytes : std::vector<std::string>{
           "", "x", std::string("\2\1\1\0", 4), std::string("\1\2\1\0", 4),
           std::string("\1\1\xff", 3), std::string("\1\1\1\x63", 4)}) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeSessionEntry(bytes).status()));
  }
}

TEST(Outcome, ComesBackAsItWas) {
  const Outcome outcome{
      .results = {{.applied = true},
                  {.integer = -7},
                  {.applied = true, .real = 0.1},
                  {.size = 1ull << 40},
                  {.integer = INT64_MIN, .real = -1e300, .size = 3}},
      .previous = Value{.data = "old",
                        .version = 9,
                        .expires_at = absl::FromUnixMillis(123456)}};
  const auto read = DecodeOutcome(EncodeOutcome(outcome));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->results.size(), outcome.results.size());
  for (size_t i = 0; i < outcome.results.size(); ++i) {
    EXPECT_EQ(read->results[i].applied, outcome.results[i].applied);
    EXPECT_EQ(read->results[i].integer, outcome.results[i].integer);
    EXPECT_EQ(read->results[i].real, outcome.results[i].real);
    EXPECT_EQ(read->results[i].size, outcome.results[i].size);
  }
  ASSERT_TRUE(read->previous.has_value());
  EXPECT_EQ(read->previous->data, "old");
  EXPECT_EQ(read->previous->version, 9u);
  EXPECT_EQ(read->previous->expires_at, absl::FromUnixMillis(123456));
  EXPECT_FALSE(DecodeOutcome(EncodeOutcome({}))->previous.has_value());
}

TEST(Outcome, AnyBeginningOfOneIsNone) {
  const std::string bytes = EncodeOutcome(
      {.results = {{.applied = true, .integer = 300, .size = 5}}});
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_TRUE(absl::IsDataLoss(DecodeOutcome(bytes.substr(0, n)).status()));
}

TEST(SessionTable, NewSessionsAreBoundedUntilOldOnesHaveExpired) {
  SessionTable table(/*max=*/2);
  const MonoTime start{1};
  EXPECT_TRUE(table.Admit({0, 1}, start));
  EXPECT_TRUE(table.Admit({0, 2}, start + kSessionTtl / 2));
  EXPECT_FALSE(table.Admit({0, 3}, start + kSessionTtl));
  EXPECT_TRUE(table.Admit({0, 2}, start + kSessionTtl)) << "it is known";
  EXPECT_TRUE(table.Admit({0, 3}, start + kSessionTtl + absl::Seconds(1)));
  EXPECT_EQ(table.size(), 2u);
}

}  // namespace
}  // namespace vigil
