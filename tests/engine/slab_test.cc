#include "engine/slab.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <vector>

#include "engine/base/random.h"
#include "engine/cell_heap.h"
#include "engine/page_pool.h"
#include "engine/slab_allocator.h"

namespace vigil::engine {
namespace {

TEST(Slab, ASlotIsNoLargerThanItMustBe) {
  for (size_t bytes = 1; bytes <= Slab<CellSizes>::kBytesMax; ++bytes) {
    const size_t slot = Slab<CellSizes>::SlotBytes(bytes);
    ASSERT_GE(slot, bytes);
    ASSERT_LT(slot - bytes, bytes <= 256 ? 4u : bytes <= 512 ? 8u : 64u);
  }
}

TEST(Slab, SlotsDoNotOverlapAndComeBack) {
  PagePool pool;
  Random random(1);
  struct Piece {
    char* at;
    size_t bytes;
    char fill;
  };
  {
    Slab<CellSizes> slab(pool);
    std::vector<Piece> pieces;
    for (int step = 0; step < 50'000; ++step) {
      if (pieces.empty() || random.Uniform(5) < 3) {
        const size_t bytes = 1 + random.Uniform(Slab<CellSizes>::kBytesMax);
        const char fill = static_cast<char>(random.Next());
        char* at = static_cast<char*>(slab.Allocate(bytes));
        std::memset(at, fill, bytes);
        pieces.push_back({at, bytes, fill});
      } else {
        std::swap(pieces[random.Uniform(pieces.size())], pieces.back());
        const Piece piece = pieces.back();
        pieces.pop_back();
        for (size_t i = 0; i < piece.bytes; ++i)
          ASSERT_EQ(piece.at[i], piece.fill);
        slab.Free(piece.at, piece.bytes);
      }
    }
    for (const Piece& piece : pieces) slab.Free(piece.at, piece.bytes);
    EXPECT_EQ(slab.used_bytes(), 0u);
    // One page a size may stay.
    EXPECT_LE(slab.page_bytes(), CellSizes::kClasses * PagePool::kPageBytes);
    slab.OrderPages();
    EXPECT_EQ(slab.page_bytes(), 0u);
  }
  EXPECT_EQ(pool.used_bytes(), 0u);
}

TEST(Slab, APageBelongsToTheSystemAgainWhenManyAreIdle) {
  PagePool pool;
  std::vector<void*> pages;
  for (int i = 0; i < 1000; ++i) pages.push_back(pool.Take());
  for (void* page : pages) pool.Give(page);
  EXPECT_EQ(pool.used_bytes(), 0u);
  pool.ReturnIdle();
  EXPECT_LT(pool.idle_bytes(), 200 * PagePool::kPageBytes);
}

TEST(SlabAllocator, ADequeTakesItsBlocksFromThePoolAndGivesThemBack) {
  PagePool pool;
  DequeBlocks blocks(pool);
  std::deque<uint64_t, SlabAllocator<uint64_t>> deque{
      SlabAllocator<uint64_t>(blocks)};
  for (uint64_t i = 0; i < 100'000; ++i) deque.push_back(i);
  EXPECT_GT(pool.used_bytes(), 100'000 * sizeof(uint64_t));
  for (uint64_t i = 0; i < 99'990; ++i) {
    ASSERT_EQ(deque.front(), i);
    deque.pop_front();
  }
  EXPECT_LE(pool.used_bytes(), 2 * PageSource::kPageBytes);
}

}  // namespace
}  // namespace vigil::engine
