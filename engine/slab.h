// Slab: memory for things of some sizes, without a header for each of them.
//
// A page holds slots of one size. Compared with malloc this saves a header of 8 bytes
// and half of the rounding for each entry; sparse pages can be emptied by moving what
// is left on them (SparseAt); and pages come out of the PageSource's huge pages.
// (Bonwick, "The Slab Allocator", USENIX 1994.)
//
// Thread-safety: thread-compatible. Lifetime: `pool` outlives it; destroying it
// gives back every page, whatever is still on it.
#ifndef VIGIL_ENGINE_SLAB_H_
#define VIGIL_ENGINE_SLAB_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/page_source.h"

namespace vigil::engine {

struct SlabPage;

// What slabs of all sizes have in common: pages, their slots, and lists of them.
class SlabPages {
 public:
  size_t used_bytes() const { return used_bytes_; }  // slots in use
  size_t page_bytes() const { return pages_ * PageSource::kPageBytes; }

 protected:
  // At the beginning of a page; the slots follow, on a cache line of their own.
  static constexpr size_t kHeadBytes = 64;
  using Page = SlabPage;

  // `with_room`: the first page with room, of each class.
  SlabPages(PageSource& pool, Page** with_room, size_t classes)
      : pool_(&pool), with_room_(with_room), classes_(classes) {}
  ~SlabPages();
  // What `other` had. `with_room` has been moved by the caller.
  SlabPages(SlabPages& other, Page** with_room);

  void* Allocate(size_t size_class, size_t slot_bytes);
  void Free(void* slot, size_t slot_bytes);
  void OrderPages();
  bool SparseAt(const void* slot, unsigned percent) const;

 private:
  static Page* PageOf(const void* slot);
  Page* NewPage(size_t size_class, size_t slot_bytes);
  void Link(Page* page);    // as the first with room
  void Unlink(Page* page);  // full, or gone
  void GiveBack(Page* page);

  PageSource* pool_;
  Page** with_room_;
  size_t classes_;
  Page* full_ = nullptr;  // pages without room, for the destructor
  size_t used_bytes_ = 0;
  size_t pages_ = 0;
};

// `Sizes` says which sizes there are:
//   kBytesMax            of the largest
//   kClasses             how many
//   ClassOf(bytes)       the class that `bytes` need, from 0
//   BytesOf(class)       of a slot; a multiple of 4
template <typename Sizes>
class Slab : private std::array<SlabPage*, Sizes::kClasses>,  // with room
             public SlabPages {
  using Lists = std::array<SlabPage*, Sizes::kClasses>;

 public:
  static constexpr size_t kBytesMax = Sizes::kBytesMax;

  explicit Slab(PageSource& pool)
      : Lists{}, SlabPages(pool, Lists::data(), Sizes::kClasses) {}
  Slab(Slab&& other) noexcept : Lists(other), SlabPages(other, Lists::data()) {
    static_cast<Lists&>(other).fill(nullptr);
  }
  Slab& operator=(Slab&&) = delete;

  // Bytes that `bytes` really take. REQUIRES: 0 < bytes <= kBytesMax.
  static size_t SlotBytes(size_t bytes) {
    return Sizes::BytesOf(Sizes::ClassOf(bytes));
  }
  void* Allocate(size_t bytes) {
    const size_t size_class = Sizes::ClassOf(bytes);
    return SlabPages::Allocate(size_class, Sizes::BytesOf(size_class));
  }
  // `bytes`: the same as at Allocate, or any that need as large a slot.
  void Free(void* slot, size_t bytes) {
    SlabPages::Free(slot, SlotBytes(bytes));
  }

  // Pages with room are put in order, the fullest first, so that Allocate fills
  // those and the last ones can become empty. Empty ones are given back.
  void OrderPages() { SlabPages::OrderPages(); }
  // Whether the slot is on a page of which less than `percent` is in use, while another
  // one, which is to be filled first, has room: worth moving.
  bool SparseAt(const void* slot, unsigned percent) const {
    return SlabPages::SparseAt(slot, percent);
  }
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_SLAB_H_
