// How much is done under one hold of a shard's lock: readers and writers wait for that
// long. A shard of 10 M keys in 64 has 150,000; each step here touches a few hundred.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/hash.h"
#include "engine/keyspace.h"
#include "engine/page_pool.h"

namespace vigil::engine {
namespace {

constexpr size_t kKeys = 150'000;
// The largest segment of a table: 62 buckets of 8 slots.
constexpr size_t kSegment = 62 * 8;
constexpr WallTime kDue{1000};

class KeyspaceWork : public ::testing::Test {
 protected:
  void Fill(WallTime expires_at = {}) {
    for (size_t i = 0; i < kKeys; ++i) {
      const std::string key = "key" + std::to_string(i);
      keyspace_.Apply(HashKey(0, key, 0), {.type = RecordType::kSet,
                                           .index = ++index_,
                                           .expires_at = expires_at,
                                           .key = key,
                                           .value = "value"});
    }
    ASSERT_EQ(keyspace_.cells(), kKeys);
  }

  bool Delete(const Cell& cell, Cause cause) {
    const std::string key(cell.key());
    return keyspace_.Apply(HashKey(0, key, 0), {.type = RecordType::kDelete,
                                                .index = ++index_,
                                                .key = key,
                                                .cause = cause});
  }

  // The most that step(position) says it has done, of a round through the shard.
  template <typename Step>
  size_t MostOfARound(Step step) {
    size_t most = 0;
    size_t all = 0;
    for (uint64_t at = 0; at < Table::kPositionEnd;) {
      const size_t done = step(at);
      most = std::max(most, done);
      all += done;
    }
    EXPECT_EQ(all, kKeys) << "and leaves out nothing";
    return most;
  }

  PagePool pool_;
  Keyspace keyspace_{{.track_changes = true}, pool_};
  uint64_t index_ = 0;
};

TEST_F(KeyspaceWork, AWalkVisitsASegmentAtATime) {
  Fill();
  EXPECT_LE(MostOfARound([&](uint64_t& at) {
              size_t visited = 0;
              keyspace_.VisitSome(at, [&](const Cell&) { ++visited; });
              return visited;
            }),
            kSegment);
}

TEST_F(KeyspaceWork, ACheckpointTakesASegmentAtATime) {
  Fill();
  EXPECT_LE(MostOfARound([&](uint64_t& at) {
              size_t visited = 0;
              keyspace_.VisitDirty(at, [&](const Cell&) { ++visited; });
              return visited;
            }),
            kSegment);
}

TEST_F(KeyspaceWork, ExpiryDeletesAsManyAsItWasTold) {
  Fill(kDue);
  constexpr size_t kMost = 50;
  EXPECT_LE(MostOfARound([&](uint64_t& at) {
              size_t deleted = 0;
              keyspace_.VisitExpired(at, kDue, kMost, [&](const Cell& cell) {
                ++deleted;
                return Delete(cell, Cause::kExpired);
              });
              return deleted;
            }),
            kMost);
}

TEST_F(KeyspaceWork, AFlushTouchesNoneAndIsErasedASegmentAtATime) {
  Fill();
  keyspace_.Flush(0, ++index_);
  EXPECT_EQ(keyspace_.cells(), kKeys);
  EXPECT_EQ(keyspace_.databases()[0].keys, 0u);
  size_t most = 0;
  while (keyspace_.flushed_cells() > 0) {
    const size_t before = keyspace_.cells();
    keyspace_.EraseSomeFlushed();
    most = std::max(most, before - keyspace_.cells());
  }
  EXPECT_EQ(keyspace_.cells(), 0u);
  EXPECT_LE(most, kSegment);
}

// What a table takes more, or gives back, at once: a segment becomes two, or the
// directory doubles.
TEST_F(KeyspaceWork, AKeyMoreGrowsTheTableByLittle) {
  size_t most = 0;
  for (size_t i = 0; i < kKeys; ++i) {
    const size_t before = keyspace_.bytes().table;
    const std::string key = "key" + std::to_string(i);
    keyspace_.Apply(HashKey(0, key, 0),
                    {.type = RecordType::kSet, .index = ++index_, .key = key});
    // Less, when a segment that had many in a row splits.
    const size_t after = std::max(keyspace_.bytes().table, before);
    most = std::max(most, after - before);
  }
  EXPECT_LE(most, 2 * (1 + 62) * 64u);
}

}  // namespace
}  // namespace vigil::engine
