// PagePool: pages of one size for the slabs of a data set, from the system and back.
//
// Pages come out of regions that grow with the store, so that a small store stays
// small. The next few megabytes are prepared in the background, as huge pages: without
// them a random read of a large store misses the TLB as well as the cache, but to get
// one can take the system milliseconds, which no writer shall wait. Who is faster than
// the preparation gets ordinary pages. A page that is given back is kept for reuse up
// to a limit; beyond it its memory returns to the system at once.
//
// Thread-safety: thread-safe. Lifetime: outlives the slabs that use it.
#ifndef VIGIL_ENGINE_PAGE_POOL_H_
#define VIGIL_ENGINE_PAGE_POOL_H_

#include <cstddef>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "engine/page_source.h"

namespace vigil::engine {

class PagePool final : public PageSource {
 public:
  PagePool() = default;
  ~PagePool() override;
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;

  void* Take() override;
  void Give(void* page) override;

  // Prepares the memory of pages that will soon be taken. To be called, by one caller
  // at a time, when bell() has moved.
  void Prepare();
  // Rings when Prepare() has something to do. Who does other chores for the same data
  // set may be told of them by it, too.
  Signal& bell() { return bell_; }

  // Pages taken and not given back, and those kept for reuse.
  size_t used_bytes() const;
  size_t idle_bytes() const;

 private:
  struct Region {
    void* memory;
    size_t bytes;
  };
  void Grow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What Prepare() has to do next; empty: nothing.
  struct Chunk {
    char* begin = nullptr;
    size_t bytes = 0;
  };
  Chunk NextChunk() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  std::vector<Region> regions_ ABSL_GUARDED_BY(mu_);
  char* next_ ABSL_GUARDED_BY(mu_) = nullptr;  // never taken yet: up to end_
  char* end_ ABSL_GUARDED_BY(mu_) = nullptr;
  char* ready_ ABSL_GUARDED_BY(mu_) = nullptr;    // prepared up to here
  std::vector<void*> warm_ ABSL_GUARDED_BY(mu_);  // given back, memory kept
  std::vector<void*> cold_
      ABSL_GUARDED_BY(mu_);               // given back to the system, too
  size_t used_ ABSL_GUARDED_BY(mu_) = 0;  // pages
  Signal bell_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_PAGE_POOL_H_
