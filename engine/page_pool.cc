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
// Prepared in advance, in huge pages: at 200 MB/s of new keys, 30 milliseconds. Less for
// a store that is not large itself.
constexpr size_t kAheadMax = 3;
constexpr size_t kUsedPerAhead = 8 << 20;
// Kept for reuse: a store that breathes does not ask the system each time.
constexpr size_t kIdlePagesMin = 64;
constexpr size_t kUsedPerIdle = 256;  // and one for so many in use
// Whose memory returns to the system in one go.
constexpr size_t kReturnedAtOnce = 64;

char* AlignUp(char* p, size_t to) {
  const auto address = reinterpret_cast<uintptr_t>(p);
  return p + ((to - address % to) % to);
}

// The system gives memory at the first write to it. And not by MADV_POPULATE_WRITE: that
// holds the lock of the whole address space all the time, for which everybody spins, or
// sleeps, whose malloc asks for more.
void Touch(char* begin, char* end) {
  constexpr ptrdiff_t kSystemPage = 4 << 10;
  for (volatile char* at = begin; at < end; at += kSystemPage) *at = 0;
}

}  // namespace

PagePool::~PagePool() {
  for (const Chunk& region : regions_) munmap(region.begin, region.bytes());
}

void PagePool::Grow() {
  size_t bytes = kFirstRegion;
  for (const Chunk& region : regions_) bytes += region.bytes();
  bytes = std::min(bytes / kPageBytes * kPageBytes, kLargestRegion);
  if (bytes > kHugePage) bytes = bytes / kHugePage * kHugePage;
  const size_t alignment = bytes >= kHugePage ? kHugePage : kPageBytes;
  const size_t mapped = bytes + alignment;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  char* const begin = static_cast<char*>(memory);
  // Nobody's first touch is that of a huge page. (A wish: it may be unknown here.)
  madvise(begin, mapped, MADV_NOHUGEPAGE);
  regions_.push_back({begin, begin + mapped});
  front_ = AlignUp(begin, alignment);
  back_ = front_ + bytes;
}

bool PagePool::Low() const {
  const size_t wanted = std::min(kAheadMax, used_ * kPageBytes / kUsedPerAhead);
  return ready_.size() < wanted &&
         static_cast<size_t>(back_ - front_) >= kHugePage;
}

void PagePool::Prepare() {
  for (;;) {
    Chunk chunk;
    {
      MutexLock lock(mu_);
      if (!Low()) return;
      chunk = {front_, front_ + kHugePage};
      front_ = chunk.end;
    }
    // Wishes: if the system does not grant them, the first use of a page is slower.
    madvise(chunk.begin, kHugePage, MADV_HUGEPAGE);
    Touch(chunk.begin, chunk.end);
    // Else the system makes it whole again when most of its pages have been given back.
    madvise(chunk.begin, kHugePage, MADV_NOHUGEPAGE);
    MutexLock lock(mu_);
    ready_.push_back(chunk);
  }
}

void PagePool::NextChunk() {
  if (!ready_.empty()) {
    present_ = ready_.front();
    ready_.pop_front();
    return;
  }
  if (front_ == back_) Grow();
  const auto free = static_cast<size_t>(back_ - front_);
  present_ = {back_ - std::min(kHugePage, free), back_};
  back_ = present_.begin;
}

void* PagePool::Take() {
  void* page = nullptr;
  bool low = false;
  {
    MutexLock lock(mu_);
    ++used_;
    if (!idle_.empty()) {
      page = idle_.back();
      idle_.pop_back();
      return page;
    }
    if (!cold_.empty()) {
      page = cold_.back();
      cold_.pop_back();
      return page;
    }
    if (present_.empty()) {
      NextChunk();
      low = Low();
    }
    page = present_.begin;
    present_.begin += kPageBytes;
  }
  if (low) bell_.Notify();
  return page;
}

void PagePool::Give(void* page) {
  bool many = false;
  {
    MutexLock lock(mu_);
    --used_;
    idle_.push_back(page);
    many = idle_.size() == IdleMax() + kReturnedAtOnce;
  }
  if (many) bell_.Notify();
}

size_t PagePool::IdleMax() const {
  return kIdlePagesMin + used_ / kUsedPerIdle;
}

void PagePool::ReturnIdle() {
  for (;;) {
    std::vector<void*> pages;
    {
      MutexLock lock(mu_);
      const size_t surplus = idle_.size() - std::min(idle_.size(), IdleMax());
      if (surplus == 0) return;
      const auto end = idle_.begin() + static_cast<ptrdiff_t>(
                                           std::min(surplus, kReturnedAtOnce));
      pages.assign(idle_.begin(), end);
      idle_.erase(idle_.begin(), end);
    }
    for (void* page : pages) madvise(page, kPageBytes, MADV_DONTNEED);
    MutexLock lock(mu_);
    cold_.insert(cold_.end(), pages.begin(), pages.end());
  }
}

size_t PagePool::used_bytes() const {
  MutexLock lock(mu_);
  return used_ * kPageBytes;
}

size_t PagePool::idle_bytes() const {
  MutexLock lock(mu_);
  return idle_.size() * kPageBytes;
}

}  // namespace vigil::engine
