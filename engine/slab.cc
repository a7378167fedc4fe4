#include "engine/slab.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

// Freed slots are poisoned for AddressSanitizer, as malloc's are.
#if defined(__SANITIZE_ADDRESS__)
#define VIGIL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VIGIL_ASAN 1
#endif
#endif
#ifdef VIGIL_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address))
#endif

namespace vigil::engine {

// A free slot holds the offset of the next free one.
struct SlabPage {
  SlabPage* previous;
  SlabPage* next;
  uint16_t size_class;
  uint16_t live;       // slots in use
  uint16_t capacity;   // slots
  uint16_t fresh;      // slots from here on were never used
  uint32_t free_slot;  // offset of a freed slot, 0: none

  char* At(size_t offset) { return reinterpret_cast<char*>(this) + offset; }
};

SlabPages::SlabPages(SlabPages& other, Page** with_room)
    : pool_(other.pool_),
      with_room_(with_room),
      classes_(other.classes_),
      full_(std::exchange(other.full_, nullptr)),
      used_bytes_(std::exchange(other.used_bytes_, 0)),
      pages_(std::exchange(other.pages_, 0)) {}

SlabPages::~SlabPages() {
  const auto give = [this](Page* page) {
    while (page != nullptr) {
      Page* const next = page->next;
      ASAN_UNPOISON_MEMORY_REGION(page, PageSource::kPageBytes);
      pool_->Give(page);
      page = next;
    }
  };
  for (size_t i = 0; i < classes_; ++i) give(with_room_[i]);
  give(full_);
}

SlabPages::Page* SlabPages::PageOf(const void* slot) {
  const auto address = reinterpret_cast<uintptr_t>(slot);
  return reinterpret_cast<Page*>(address & ~(PageSource::kPageBytes - 1));
}

void SlabPages::Link(Page* page) {
  Page*& first = with_room_[page->size_class];
  page->previous = nullptr;
  page->next = first;
  if (first != nullptr) first->previous = page;
  first = page;
}

void SlabPages::Unlink(Page* page) {
  if (page->next != nullptr) page->next->previous = page->previous;
  if (page->previous != nullptr) {
    page->previous->next = page->next;
  } else if (full_ == page) {
    full_ = page->next;
  } else {
    with_room_[page->size_class] = page->next;
  }
}

SlabPages::Page* SlabPages::NewPage(size_t size_class, size_t slot_bytes) {
  static_assert(sizeof(Page) <= kHeadBytes);
  Page* page = static_cast<Page*>(pool_->Take());
  page->size_class = static_cast<uint16_t>(size_class);
  page->live = 0;
  page->capacity =
      static_cast<uint16_t>((PageSource::kPageBytes - kHeadBytes) / slot_bytes);
  page->fresh = 0;
  page->free_slot = 0;
  ASAN_POISON_MEMORY_REGION(page->At(kHeadBytes),
                            PageSource::kPageBytes - kHeadBytes);
  ++pages_;
  Link(page);
  return page;
}

void* SlabPages::Allocate(size_t size_class, size_t slot_bytes) {
  Page* page = with_room_[size_class];
  if (page == nullptr) page = NewPage(size_class, slot_bytes);
  char* slot = nullptr;
  if (page->free_slot != 0) {
    slot = page->At(page->free_slot);
    ASAN_UNPOISON_MEMORY_REGION(slot, slot_bytes);
    std::memcpy(&page->free_slot, slot, sizeof page->free_slot);
  } else {
    slot = page->At(kHeadBytes + page->fresh++ * slot_bytes);
    ASAN_UNPOISON_MEMORY_REGION(slot, slot_bytes);
  }
  used_bytes_ += slot_bytes;
  if (++page->live == page->capacity) {
    Unlink(page);
    page->previous = nullptr;
    page->next = full_;
    if (full_ != nullptr) full_->previous = page;
    full_ = page;
  }
  return slot;
}

void SlabPages::Free(void* slot, size_t slot_bytes) {
  Page* const page = PageOf(slot);
  used_bytes_ -= slot_bytes;
  if (page->live == page->capacity) {
    Unlink(page);
    Link(page);
  }
  std::memcpy(slot, &page->free_slot, sizeof page->free_slot);
  ASAN_POISON_MEMORY_REGION(slot, slot_bytes);
  page->free_slot =
      static_cast<uint32_t>(static_cast<char*>(slot) - page->At(0));
  // The last page of a class stays until the next OrderPages: a key set and deleted in
  // turn must not take and give a page each time.
  if (--page->live == 0 &&
      (page->next != nullptr || page->previous != nullptr)) {
    Unlink(page);
    GiveBack(page);
  }
}

void SlabPages::GiveBack(Page* page) {
  ASAN_UNPOISON_MEMORY_REGION(page, PageSource::kPageBytes);
  pool_->Give(page);
  --pages_;
}

void SlabPages::OrderPages() {
  std::vector<Page*> pages;
  for (size_t i = 0; i < classes_; ++i) {
    pages.clear();
    for (Page* page = with_room_[i]; page != nullptr; page = page->next)
      pages.push_back(page);
    std::sort(pages.begin(), pages.end(),
              [](Page* a, Page* b) { return a->live < b->live; });
    with_room_[i] = nullptr;
    for (Page* page : pages) {
      if (page->live > 0) {
        Link(page);
      } else {
        GiveBack(page);
      }
    }
  }
}

bool SlabPages::SparseAt(const void* slot, unsigned percent) const {
  const Page* const page = PageOf(slot);
  const Page* const first = with_room_[page->size_class];
  return page->live * 100u < page->capacity * percent && page != first &&
         first != nullptr;
}

}  // namespace vigil::engine
