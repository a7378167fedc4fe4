#include "engine/page_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

namespace vigil::engine {
namespace {

constexpr size_t kHugePage = 2 << 20;
constexpr size_t kFirstRegion = 256 << 10;
constexpr size_t kLargestRegion = 64 << 20;
// Prepared in advance: at 200 MB/s of new keys, 20 milliseconds.
constexpr ptrdiff_t kAhead = 2 * kHugePage;
// Kept for reuse: a store that breathes does not ask the system each time.
constexpr size_t kWarmPagesMin = 64;
constexpr size_t kWarmPerUsed = 256;  // and one for so many in use

char* AlignUp(char* p, size_t to) {
  const auto address = reinterpret_cast<uintptr_t>(p);
  return p + ((to - address % to) % to);
}

}  // namespace

PagePool::~PagePool() {
  for (const Region& region : regions_) munmap(region.memory, region.bytes);
}

void PagePool::Grow() {
  size_t bytes = kFirstRegion;
  for (const Region& region : regions_) bytes += region.bytes;
  bytes = std::min(bytes / kPageBytes * kPageBytes, kLargestRegion);
  const size_t alignment = bytes >= kHugePage ? kHugePage : kPageBytes;
  const size_t mapped = bytes + alignment;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  regions_.push_back({memory, mapped});
  next_ = AlignUp(static_cast<char*>(memory), alignment);
  end_ = next_ + bytes;
  // A small store is not worth the memory that is prepared but not used yet.
  ready_ = alignment == kHugePage ? next_ : end_;
}

PagePool::Chunk PagePool::NextChunk() const {
  // A huge page that has been begun with small ones is left as it is.
  char* const begin = std::max(ready_, AlignUp(next_, kHugePage));
  if (begin >= end_ || begin - next_ >= kAhead) return {};
  return {begin, std::min<size_t>(kHugePage, end_ - begin)};
}

void PagePool::Prepare() {
  for (;;) {
    Chunk chunk;
    {
      MutexLock lock(mu_);
      chunk = NextChunk();
    }
    if (chunk.bytes == 0) return;
    // Wishes: if the system does not grant them, the first use of a page is slower.
    madvise(chunk.begin, chunk.bytes, MADV_HUGEPAGE);
    madvise(chunk.begin, chunk.bytes, MADV_POPULATE_WRITE);
    MutexLock lock(mu_);
    // Meanwhile there may be a new region.
    if (next_ <= chunk.begin + chunk.bytes && chunk.begin < end_ &&
        ready_ <= chunk.begin) {
      ready_ = chunk.begin + chunk.bytes;
    }
  }
}

void* PagePool::Take() {
  void* page = nullptr;
  bool low = false;
  {
    MutexLock lock(mu_);
    ++used_;
    for (auto* pages : {&warm_, &cold_}) {
      if (pages->empty()) continue;
      page = pages->back();
      pages->pop_back();
      return page;
    }
    if (next_ == end_) Grow();
    page = next_;
    next_ += kPageBytes;
    // Once a huge page, not each time.
    low = next_ == end_ || AlignUp(next_, kHugePage) == next_ ||
          next_ - kPageBytes == ready_;
    low = low && NextChunk().bytes > 0;
  }
  if (low) bell_.Notify();
  return page;
}

void PagePool::Give(void* page) {
  {
    MutexLock lock(mu_);
    --used_;
    if (warm_.size() < kWarmPagesMin + used_ / kWarmPerUsed) {
      warm_.push_back(page);
      return;
    }
  }
  madvise(page, kPageBytes, MADV_DONTNEED);
  MutexLock lock(mu_);
  cold_.push_back(page);
}

size_t PagePool::used_bytes() const {
  MutexLock lock(mu_);
  return used_ * kPageBytes;
}

size_t PagePool::idle_bytes() const {
  MutexLock lock(mu_);
  return warm_.size() * kPageBytes;
}

}  // namespace vigil::engine
