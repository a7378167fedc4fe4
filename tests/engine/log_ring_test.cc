#include "engine/log_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/engine/records.h"

namespace vigil::engine {
namespace {

LogRing Filled(uint64_t first, uint64_t last, size_t value_bytes = 10) {
  LogRing ring(first - 1);
  const std::string value(value_bytes, 'v');
  for (uint64_t i = first; i <= last; ++i) {
    ring.Append({.type = RecordType::kSet, .key = "key", .value = value});
  }
  return ring;
}

// The records, and four bytes for each: where it begins.
size_t Held(const LogSlice& all) {
  return all.records.size() + 4 * (all.last - all.first + 1);
}

TEST(LogRing, EmptyBeginsAfterItsLastIndex) {
  const LogRing ring(41);
  EXPECT_EQ(ring.last_index(), 41u);
  EXPECT_EQ(ring.first_index(), 42u);
  EXPECT_EQ(ring.bytes(), 0u);
}

TEST(LogRing, GivesRecordsTheirIndex) {
  const LogRing ring = Filled(42, 50);
  EXPECT_EQ(ring.first_index(), 42u);
  EXPECT_EQ(ring.last_index(), 50u);
  const LogSlice slice = ring.Read(42, 1 << 20).Copy();
  EXPECT_EQ(slice.first, 42u);
  EXPECT_EQ(slice.last, 50u);
  EXPECT_EQ(Held(slice), ring.bytes());
  EXPECT_TRUE(DecodeRun(slice.records, 42).ok());
}

// Over several chunks: from every index, with every kind of limit.
TEST(LogRing, ReadsFromAnywhere) {
  const LogRing ring = Filled(1, 1000, 1000);
  const size_t record = ring.bytes() / 1000;
  for (uint64_t from = 1; from <= 1000; from += 7) {
    for (const size_t limit :
         {size_t{0}, size_t{1}, record + 5, 10 * (record + 5),
          300 * (record + 5), size_t{1} << 30}) {
      const LogSlice slice = ring.Read(from, limit).Copy();
      ASSERT_EQ(slice.first, from);
      ASSERT_LE(slice.last, 1000u);
      const auto run = DecodeRun(slice.records, from);
      ASSERT_TRUE(run.ok()) << run.status();
      ASSERT_EQ(run->size(), slice.last - slice.first + 1);
      if (run->size() > 1) {
        EXPECT_LE(slice.records.size(), limit);
      }
      // As many as fit.
      if (slice.last < 1000) {
        EXPECT_GT(slice.records.size() + record + 5, limit);
      }
    }
  }
}

TEST(LogRing, TakesARecordLargerThanAChunk) {
  LogRing ring = Filled(1, 3);
  ring.Append({.key = "big", .value = std::string(1 << 20, 'b')});
  ring.Append({.key = "small", .value = "s"});
  EXPECT_EQ(ring.Read(4, 10).Copy().records.size(),
            SetRecord(4, "big", std::string(1 << 20, 'b')).size());
  EXPECT_EQ(DecodeRun(ring.Read(1, 4 << 20).Copy().records, 1)->size(), 5u);
}

TEST(LogRing, TrimsOldChunksButNothingAboveTheLimitIndex) {
  LogRing ring = Filled(1, 1000, 1000);
  EXPECT_TRUE(ring.Trim(1000, 2 << 20).empty()) << "all fits";
  EXPECT_TRUE(ring.Trim(0, 0).empty()) << "nothing is persisted";
  const auto dropped = ring.Trim(600, 100 << 10);
  EXPECT_EQ(dropped.size(), 2u);
  EXPECT_GT(ring.first_index(), 1u);
  EXPECT_LE(ring.first_index(), 601u);
  EXPECT_EQ(ring.Read(ring.first_index(), 1 << 30).Copy().last, 1000u);
}

TEST(LogRing, KeepsItsBytesCountThroughTrimming) {
  LogRing ring = Filled(1, 1000, 1000);
  ring.Trim(1000, 300 << 10).clear();
  // A record did not fit into the end of a chunk any more.
  const size_t held = Held(ring.Read(ring.first_index(), 1 << 30).Copy());
  EXPECT_GE(ring.bytes(), held);
  EXPECT_LE(ring.bytes(), held + held / 100);
}

// Each leaves nearly half of its chunk unused.
TEST(LogRing, LargeRecordsDoNotHoldMoreThanItCounts) {
  LogRing ring = Filled(1, 100, 140'000);
  const size_t records = Held(ring.Read(1, 1 << 30).Copy());
  EXPECT_GT(ring.bytes(), records * 18 / 10);
  ring.Trim(100, 4 << 20).clear();
  EXPECT_LE(ring.bytes(), size_t{4} << 20);
  EXPECT_LE(100 - ring.first_index(), (4 << 20) / (256 << 10));
}

TEST(LogRing, AViewOutlivesTheTrimming) {
  LogRing ring = Filled(1, 1000, 1000);
  const LogRing::View view = ring.Read(1, 10'000);
  ring.Trim(1000, 0).clear();
  EXPECT_GT(ring.first_index(), 1u);
  EXPECT_TRUE(DecodeRun(view.Copy().records, 1).ok());
}

TEST(LogRing, TakesEncodedRecordsAsTheyAre) {
  LogRing ring(4);
  const std::string record = SetRecord(5, "k", "v");
  EXPECT_EQ(ring.AppendEncoded(record), record.size());
  EXPECT_EQ(ring.last_index(), 5u);
  EXPECT_EQ(ring.Read(5, 1000).Copy().records, record);
}

TEST(LogRing, UpToIsWhatIsLeftAndGoesOnByItself) {
  LogRing ring(0);
  for (int i = 1; i <= 5000; ++i)
    ring.Append({.key = "k", .value = std::string(100, 'v')});
  const LogRing::View dropped = ring.Read(4000, 1 << 20);
  for (const uint64_t last : {0, 1, 1700, 3999, 4999, 5000, 6000}) {
    LogRing prefix = ring.UpTo(last);
    const uint64_t end = std::min<uint64_t>(last, 5000);
    EXPECT_EQ(prefix.last_index(), end);
    if (end > 0) {
      const LogSlice all = prefix.Read(1, 1 << 30).Copy();
      EXPECT_EQ(all.last, end);
      EXPECT_GE(prefix.bytes(), Held(all));
      EXPECT_LE(prefix.bytes(), Held(all) + Held(all) / 100);
      EXPECT_TRUE(DecodeRun(all.records, 1).ok());
    }
    prefix.Append({.key = "other"});
    EXPECT_EQ(prefix.last_index(), end + 1);
  }
  ring = ring.UpTo(3999);
  EXPECT_TRUE(DecodeRun(dropped.Copy().records, 4000).ok())
      << "who was reading goes on";
}

}  // namespace
}  // namespace vigil::engine
