#include "engine/cell_heap.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "engine/page_pool.h"

namespace vigil::engine {
namespace {

class CellHeapTest : public ::testing::Test {
 protected:
  Cell* Make(size_t bytes) {
    const std::string value(bytes, 'v');
    return heap_.Make({.key = "k", .value = value});
  }
  PagePool pool_;
  CellHeap heap_{pool_};
};

TEST_F(CellHeapTest, EveryByteIsAccountedForAndGivenBack) {
  std::vector<Cell*> cells;
  size_t expected = 0;
  for (const size_t bytes : {0, 100, 2000, 2033, 2034, 70'000, 1 << 20}) {
    cells.push_back(Make(bytes));
    expected += CellHeap::BytesOf(*cells.back());
    EXPECT_EQ(heap_.used_bytes(), expected);
    EXPECT_EQ(IsLarge(*cells.back()),
              bytes + 1 + 15 > Slab<CellSizes>::kBytesMax);
  }
  EXPECT_TRUE(heap_.has_large());
  for (Cell* cell : cells) heap_.Free(cell);
  EXPECT_EQ(heap_.used_bytes(), 0u);
  EXPECT_FALSE(heap_.has_large());
}

TEST_F(CellHeapTest, APinOutlivesTheKey) {
  Cell* const cell = Make(10'000);
  CellPin pin(*cell);
  heap_.Free(cell);
  EXPECT_EQ(pin.get()->value(), std::string(10'000, 'v'));
  CellPin moved = std::move(pin);
  EXPECT_EQ(pin.get(), nullptr);
  EXPECT_EQ(moved.get()->key(), "k");
}

// For ThreadSanitizer and AddressSanitizer: whoever is last frees, after all reads.
TEST_F(CellHeapTest, PinsAreReadAndLetGoByAnyThread) {
  for (int round = 0; round < 200; ++round) {
    Cell* const cell = Make(3000);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([pin = CellPin(*cell)]() mutable {
        EXPECT_EQ(pin.get()->value().back(), 'v');
        const CellPin last = std::move(pin);
        EXPECT_EQ(last.get()->value().size(), 3000u);
      });
    }
    heap_.Free(cell);
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace vigil::engine
