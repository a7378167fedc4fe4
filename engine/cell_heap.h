// CellHeap: where the cells of one shard come from, and their bytes.
//
// Small cells live in slabs. Large ones have an allocation of their own, which the
// shard and those who read the value in place share; whoever of them is last gives very
// large ones back through LargeMemory.
//
// Thread-safety: thread-compatible; CellPin is thread-safe once it exists.
#ifndef VIGIL_ENGINE_CELL_HEAP_H_
#define VIGIL_ENGINE_CELL_HEAP_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "engine/cell.h"
#include "engine/large_memory.h"
#include "engine/slab.h"

namespace vigil::engine {

// Sizes of small cells: by 4 bytes, then by 8, then by 64. Half a step is lost for each
// key; but a shard that has but a few cells of some size has a page for them.
struct CellSizes {
  struct Steps {
    size_t upto;
    size_t step;
  };
  static constexpr size_t kBytesMax = 2048;
  static constexpr Steps kSteps[] = {{256, 4}, {512, 8}, {kBytesMax, 64}};
  static constexpr size_t kClasses = 256 / 4 + 256 / 8 + (kBytesMax - 512) / 64;

  static constexpr size_t ClassOf(size_t bytes) {
    size_t below = 0;
    size_t classes = 0;
    for (const auto& [upto, step] : kSteps) {
      if (bytes <= upto) return classes + (bytes - below - 1) / step;
      classes += (upto - below) / step;
      below = upto;
    }
    return classes;
  }
  static constexpr size_t BytesOf(size_t size_class) {
    size_t below = 0;
    for (const auto& [upto, step] : kSteps) {
      const size_t classes = (upto - below) / step;
      if (size_class < classes) return below + (size_class + 1) * step;
      size_class -= classes;
      below = upto;
    }
    return below;
  }
};

inline bool IsLarge(const Cell& cell) {
  return cell.bytes() > CellSizes::kBytesMax;
}

// Keeps one large cell alive, whatever becomes of its key or of the store.
class CellPin {
 public:
  CellPin() = default;
  // REQUIRES: IsLarge(cell), and whoever owns it is locked.
  explicit CellPin(const Cell& cell);

  const Cell* get() const { return cell_.get(); }

 private:
  friend class CellHeap;
  std::shared_ptr<const Cell> cell_;
};

class CellHeap {
 public:
  // `large_memory` may be null: then very large cells are freed by whoever is last, too.
  explicit CellHeap(PageSource& pool,
                    std::shared_ptr<LargeMemory> large_memory = nullptr)
      : slab_(pool), large_memory_(std::move(large_memory)) {}
  CellHeap(CellHeap&& other) noexcept
      : slab_(std::move(other.slab_)),
        large_bytes_(std::exchange(other.large_bytes_, 0)),
        large_memory_(std::move(other.large_memory_)) {}
  CellHeap& operator=(CellHeap&&) = delete;

  // What a cell takes, its allocation included.
  static size_t BytesOf(const Cell& cell);

  Cell* Make(const Cell::Content& content);
  // A copy of a small cell elsewhere; the caller frees this one.
  Cell* Copy(const Cell& cell);
  void Free(Cell* cell);

  // Of all cells, their allocations included.
  size_t used_bytes() const { return slab_.used_bytes() + large_bytes_; }
  size_t small_bytes() const { return slab_.used_bytes(); }
  // Memory taken from the system for small cells.
  size_t page_bytes() const { return slab_.page_bytes(); }
  bool has_large() const { return large_bytes_ != 0; }

  void OrderPages() { slab_.OrderPages(); }
  bool SparseAt(const Cell& cell) const {
    return !IsLarge(cell) && slab_.SparseAt(&cell, kSparsePercent);
  }

 private:
  // What is moved for less comes back: keys come and go.
  static constexpr unsigned kSparsePercent = 50;

  Slab<CellSizes> slab_;
  size_t large_bytes_ = 0;
  std::shared_ptr<LargeMemory> large_memory_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_CELL_HEAP_H_
