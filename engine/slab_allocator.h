// SlabAllocator: gives a std::deque's blocks out of pages of the data set.
//
// Blocks of a few hundred bytes, a million of which come and go, would stay with malloc,
// in pieces: resident for ever, although nothing is in them.
//
// Thread-safety: as the slab's. Lifetime: `nodes` outlives the container.
#ifndef VIGIL_ENGINE_SLAB_ALLOCATOR_H_
#define VIGIL_ENGINE_SLAB_ALLOCATOR_H_

#include <cstddef>
#include <new>

#include "engine/slab.h"

namespace vigil::engine {

// The size of the blocks of a std::deque of small things, in libstdc++; where they are of
// another size they are malloc's.
struct DequeBlockSizes {
  static constexpr size_t kBytesMax = 512;
  static constexpr size_t kClasses = 1;
  static constexpr size_t ClassOf(size_t) { return 0; }
  static constexpr size_t BytesOf(size_t) { return kBytesMax; }
};
using DequeBlocks = Slab<DequeBlockSizes>;

template <typename T>
class SlabAllocator {
 public:
  using value_type = T;

  explicit SlabAllocator(DequeBlocks& blocks) : blocks_(&blocks) {}
  template <typename U>
  SlabAllocator(const SlabAllocator<U>& other) : blocks_(other.blocks()) {}

  T* allocate(size_t count) {
    const size_t bytes = count * sizeof(T);
    return static_cast<T*>(bytes == DequeBlockSizes::kBytesMax
                               ? blocks_->Allocate(bytes)
                               : ::operator new(bytes));
  }
  void deallocate(T* memory, size_t count) {
    const size_t bytes = count * sizeof(T);
    if (bytes == DequeBlockSizes::kBytesMax) {
      blocks_->Free(memory, bytes);
    } else {
      ::operator delete(memory);
    }
  }

  DequeBlocks* blocks() const { return blocks_; }
  friend bool operator==(const SlabAllocator&, const SlabAllocator&) = default;

 private:
  DequeBlocks* blocks_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_SLAB_ALLOCATOR_H_
