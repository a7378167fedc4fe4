#include "engine/table.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "engine/base/random.h"
#include "engine/cell_heap.h"
#include "engine/hash.h"
#include "engine/page_pool.h"

namespace vigil::engine {
namespace {

constexpr uint64_t kSeed = 42;

TEST(Table, HoldsTheSameAsAMapUnderRandomChanges) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    PagePool pool;
    CellHeap heap(pool);
    Table table(kSeed, pool);
    std::map<std::string, std::string> model;
    for (int step = 0; step < 60'000; ++step) {
      // The number of keys goes up and down.
      const uint64_t range = step % 20'000 < 14'000 ? 30'000 : 300;
      const std::string key = "k" + std::to_string(random.Uniform(range));
      const uint64_t hash = HashKey(0, key, kSeed);
      Cell* const cell = table.Find(hash, 0, key);
      const auto it = model.find(key);
      ASSERT_EQ(cell != nullptr, it != model.end());
      if (cell == nullptr) {
        const std::string value = std::to_string(random.Next());
        table.Insert(hash, heap.Make({.key = key, .value = value}));
        model[key] = value;
      } else {
        ASSERT_EQ(cell->value(), it->second);
        if (random.Uniform(3) == 0) {
          Cell* const other = heap.Make({.key = key, .value = "other"});
          table.Replace(hash, cell, other);
          it->second = "other";
        } else {
          table.Erase(hash, cell);
          model.erase(it);
        }
        heap.Free(cell);
      }
      if (random.Uniform(1000) == 0)
        table.Compact(random.Uniform(Table::kPositionEnd));
    }
    EXPECT_EQ(table.size(), model.size());
    std::map<std::string, std::string> walked;
    for (uint64_t at = 0; at < Table::kPositionEnd;) {
      table.Step(at).ForEach(
          [&](const Cell& cell) { walked.emplace(cell.key(), cell.value()); });
    }
    EXPECT_EQ(walked, model);
  }
}

TEST(Table, SlotsAreWellFilledAtEverySize) {
  PagePool pool;
  CellHeap heap(pool);
  Table table(kSeed, pool);
  for (size_t i = 1; i <= 300'000; ++i) {
    const std::string key = "key" + std::to_string(i);
    table.Insert(HashKey(0, key, kSeed), heap.Make({.key = key}));
    // A slot has 8 bytes: from two in three to four in five of them are in use.
    if (i >= 2000 && i % 1000 == 0) {
      ASSERT_LT(table.bytes(), i * 12) << i << " keys";
    }
  }
}

TEST(Table, KnowsTheEarliestExpiryOfASegment) {
  PagePool pool;
  CellHeap heap(pool);
  Table table(kSeed, pool);
  int64_t earliest = INT64_MAX;
  for (int64_t i = 1; i <= 1000; ++i) {
    const std::string key = "key" + std::to_string(i);
    table.Insert(HashKey(0, key, kSeed),
                 heap.Make({.key = key, .expires_at = {10'000 - i}}));
  }
  for (uint64_t at = 0; at < Table::kPositionEnd;) {
    Table::Group group = table.Step(at);
    int64_t actual = INT64_MAX;
    group.ForEachExpiring([&](const Cell& cell) {
      actual = std::min(actual, cell.expires_at().ms);
      return true;
    });
    EXPECT_LE(group.notes().earliest_expiry_ms, actual);
    earliest = std::min(earliest, actual);
  }
  EXPECT_EQ(earliest, 9000);
}

}  // namespace
}  // namespace vigil::engine
