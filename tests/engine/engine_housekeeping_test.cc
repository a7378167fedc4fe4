// Expiry, flushed memory and sparse pages: bounded pieces of work, and all of it in
// the end.
#include <gtest/gtest.h>

#include "engine/expirer.h"
#include "engine/page_pool.h"
#include "engine/sweeper.h"
#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

// A data set with a log, and no threads.
class HousekeepingTest : public ::testing::Test {
 protected:
  HousekeepingTest() { log_.OpenGate({}); }

  void Set(int i, WallTime expires_at = {}) {
    const std::string key = "k" + std::to_string(i);
    RecordView record{.type = RecordType::kSet,
                      .expires_at = expires_at,
                      .key = key,
                      .value = "some value that takes some bytes"};
    record.index = log_.Append(record);
    data_.Apply(record);
  }
  KeyspaceBytes bytes() {
    KeyspaceBytes sum;
    for (size_t i = 0; i < data_.shards(); ++i) {
      data_.Read(i, [&](const Keyspace& keyspace) {
        sum.cells += keyspace.bytes().cells;
        sum.table += keyspace.bytes().table;
        sum.pages += keyspace.bytes().pages;
        sum.small_cells += keyspace.bytes().small_cells;
      });
    }
    return sum;
  }

  PagePool pool_;
  DataSet data_{Keyspaces({.hash_seed = 1}, 4, pool_), /*metered=*/false};
  Log log_{LogRing(0), 64 << 20, /*memory_only=*/true};
  ManualClock clock_;
};

constexpr MonoTime kPassed{};

TEST_F(HousekeepingTest, TheExpirerStopsAtItsDeadlineAndGoesOnFromThere) {
  constexpr int kKeys = 10'000;
  for (int i = 0; i < kKeys; ++i) Set(i, {1});
  Expirer expirer(data_, log_, clock_);
  uint64_t before = 0;
  int pieces = 0;
  while (!expirer.RunUntil(kPassed)) {
    EXPECT_LE(expirer.expired() - before, 128u) << "in one hold of a lock";
    before = expirer.expired();
    ASSERT_LT(++pieces, kKeys);
  }
  EXPECT_EQ(expirer.expired(), static_cast<uint64_t>(kKeys));
  EXPECT_GT(pieces, kKeys / 128);
  EXPECT_EQ(bytes().cells, 0u);
}

TEST_F(HousekeepingTest, TheExpirerWaitsForTheGate) {
  Set(1, {1});
  log_.CloseGate();
  Expirer expirer(data_, log_, clock_);
  // Nothing more can be done now: a round that ends rests, and does not try again at once.
  EXPECT_TRUE(expirer.RunUntil(MonoTime::InfiniteFuture()));
  EXPECT_EQ(expirer.expired(), 0u);
  log_.OpenGate({});
  EXPECT_TRUE(expirer.RunUntil(MonoTime::InfiniteFuture()));
  EXPECT_EQ(expirer.expired(), 1u);
}

TEST_F(HousekeepingTest, TheSweeperGivesFlushedMemoryBack) {
  for (int i = 0; i < 20'000; ++i) Set(i);
  const KeyspaceBytes full = bytes();
  for (size_t i = 0; i < data_.shards(); ++i)
    data_.Write(i, [](Keyspace& keyspace) { keyspace.Flush(0, 1 << 30); });
  EXPECT_EQ(bytes().cells, full.cells) << "in the background";
  Sweeper sweeper(data_);
  int pieces = 1;
  while (!sweeper.RunUntil(kPassed)) ++pieces;
  EXPECT_GT(pieces, 40) << "a segment at a time";
  EXPECT_EQ(bytes().cells, 0u);
  EXPECT_LE(bytes().empty_pages(), data_.shards() * (256 << 10))
      << "what is not worth a compaction";
}

TEST_F(HousekeepingTest, TheSweeperEmptiesSparsePages) {
  for (int i = 0; i < 200'000; ++i) Set(i);
  const KeyspaceBytes full = bytes();
  for (int i = 0; i < 200'000; ++i) {
    if (i % 10 == 0) continue;
    const std::string key = "k" + std::to_string(i);
    RecordView record{.type = RecordType::kDelete, .key = key};
    record.index = log_.Append(record);
    data_.Apply(record);
  }
  EXPECT_GT(bytes().pages, full.pages / 2) << "a few cells on each page";
  Sweeper sweeper(data_);
  while (!sweeper.RunUntil(MonoTime::InfiniteFuture())) {
  }
  EXPECT_LT(bytes().pages, full.pages / 4);
  EXPECT_LT(bytes().table, full.table / 2);
  for (int i = 0; i < 200'000; i += 10) {
    const std::string key = "k" + std::to_string(i);
    const uint64_t hash = data_.Hash(0, key);
    ASSERT_TRUE(data_.ReadHash(hash, [&](Keyspace& keyspace) {
      return keyspace.FindStored(hash, 0, key) != nullptr;
    }));
  }
}

}  // namespace
}  // namespace vigil::engine
