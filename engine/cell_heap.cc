#include "engine/cell_heap.h"

#include <cstdint>
#include <cstring>
#include <new>

namespace vigil::engine {
namespace {

// What malloc and the count of a shared allocation add to it.
constexpr size_t kSharedBytes = 32;

// A large cell stands behind the shard's own share of its memory.
using Share = std::shared_ptr<void>;

// Allocates as usual, and gives back through a LargeMemory. A copy of it stands in the
// allocation, which keeps the LargeMemory for as long as there are pins.
template <typename T>
class Returning {
 public:
  using value_type = T;

  explicit Returning(std::shared_ptr<LargeMemory> to) : to_(std::move(to)) {}
  template <typename U>
  Returning(const Returning<U>& other) : to_(other.to()) {}

  T* allocate(size_t n) {
    return static_cast<T*>(::operator new(n * sizeof(T)));
  }
  void deallocate(T* memory, size_t n) { to_->Give(memory, n * sizeof(T)); }

  const std::shared_ptr<LargeMemory>& to() const { return to_; }
  template <typename U>
  bool operator==(const Returning<U>& other) const {
    return to_ == other.to();
  }

 private:
  std::shared_ptr<LargeMemory> to_;
};

bool IsVeryLarge(size_t cell_bytes) {
  return cell_bytes >= LargeMemory::kBytesMin;
}

Share Allocate(size_t bytes, bool very_large,
               const std::shared_ptr<LargeMemory>& large_memory) {
  if (!very_large || large_memory == nullptr)
    return std::make_shared_for_overwrite<char[]>(bytes);
  return std::allocate_shared_for_overwrite<char[]>(
      Returning<char>(large_memory), bytes);
}

Share& ShareOf(const Cell& cell) {
  char* const base = const_cast<char*>(reinterpret_cast<const char*>(&cell));
  return *std::launder(reinterpret_cast<Share*>(base - sizeof(Share)));
}

size_t LargeBytes(const Cell& cell) {
  return cell.bytes() + sizeof(Share) + kSharedBytes +
         (IsVeryLarge(cell.bytes()) ? sizeof(Returning<char>) : 0);
}

}  // namespace

CellPin::CellPin(const Cell& cell) : cell_(ShareOf(cell), &cell) {}

size_t CellHeap::BytesOf(const Cell& cell) {
  return IsLarge(cell) ? LargeBytes(cell)
                       : Slab<CellSizes>::SlotBytes(cell.bytes());
}

Cell* CellHeap::Make(const Cell::Content& content) {
  const size_t bytes = Cell::BytesFor(content);
  if (bytes <= CellSizes::kBytesMax) {
    return Cell::Make(slab_.Allocate(bytes), content);
  }
  const Share memory =
      Allocate(sizeof(Share) + bytes, IsVeryLarge(bytes), large_memory_);
  new (memory.get()) Share(memory);
  Cell* const cell =
      Cell::Make(static_cast<char*>(memory.get()) + sizeof(Share), content);
  large_bytes_ += LargeBytes(*cell);
  return cell;
}

Cell* CellHeap::Copy(const Cell& cell) {
  void* const memory = slab_.Allocate(cell.bytes());
  std::memcpy(memory, static_cast<const void*>(&cell), cell.bytes());
  return static_cast<Cell*>(memory);
}

void CellHeap::Free(Cell* cell) {
  if (!IsLarge(*cell)) {
    slab_.Free(cell, cell->bytes());
    return;
  }
  large_bytes_ -= LargeBytes(*cell);
  // The share leaves the memory that it keeps, which whoever is last frees.
  const Share last = std::move(ShareOf(*cell));
}

}  // namespace vigil::engine
