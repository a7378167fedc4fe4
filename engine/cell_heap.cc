#include "engine/cell_heap.h"

#include <cstdint>
#include <cstring>
#include <new>

namespace vigil::engine {
namespace {

// Returning this much to the system takes about 10 microseconds, so more of it is
// left to a thread that nobody waits for.
constexpr size_t kDoomedBytesMin = 64 << 10;
// What malloc and the count of a shared allocation add to it.
constexpr size_t kSharedBytes = 32;

// A large cell stands behind the shard's own share of its memory.
using Share = std::shared_ptr<void>;

Share& ShareOf(const Cell& cell) {
  char* const base = const_cast<char*>(reinterpret_cast<const char*>(&cell));
  return *std::launder(reinterpret_cast<Share*>(base - sizeof(Share)));
}

size_t LargeBytes(const Cell& cell) {
  return cell.bytes() + sizeof(Share) + kSharedBytes;
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
  const auto memory =
      std::make_shared_for_overwrite<char[]>(sizeof(Share) + bytes);
  new (memory.get()) Share(memory);
  Cell* const cell = Cell::Make(memory.get() + sizeof(Share), content);
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
  CellPin last;
  last.cell_ = {std::move(ShareOf(*cell)), cell};
  if (cell->bytes() >= kDoomedBytesMin) doomed_.push_back(std::move(last));
}

}  // namespace vigil::engine
