// PagePool: pages of one size for the slabs of a data set, from the system and back.
//
// Pages come out of regions that grow with the store, so that a small store stays
// small. A region is used from both ends:
//
//   begin │ taken │ ready: huge pages, prepared │ ...free... │ taken: ordinary │ end
//                                        front_ ─▶          ◀─ back_
//
// The few megabytes to be taken next are prepared in the background as huge pages:
// without them a random read of a large store misses the TLB as well as the cache, but
// the first touch of one takes the system milliseconds (4.5 were measured on a virtual
// machine), which no writer shall wait. Who is faster than the preparation gets ordinary
// pages from the other end. A page that is given back is kept for reuse up to a limit;
// beyond it its memory returns to the system, in the background too: whoever gives it
// holds a lock, and other processors have to be told.
//
// Thread-safety: thread-safe. Lifetime: outlives the slabs that use it.
#ifndef VIGIL_ENGINE_PAGE_POOL_H_
#define VIGIL_ENGINE_PAGE_POOL_H_

#include <cstddef>
#include <deque>
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
  // Returns the memory of pages beyond the limit. As Prepare().
  void ReturnIdle();
  // Rings when one of the two has something to do. Who does other chores for the same data
  // set may be told of them by it, too.
  Signal& bell() { return bell_; }

  // Pages taken and not given back, and those kept for reuse.
  size_t used_bytes() const;
  size_t idle_bytes() const;

 private:
  // Memory that goes out page by page.
  struct Chunk {
    char* begin = nullptr;
    char* end = nullptr;

    size_t bytes() const { return static_cast<size_t>(end - begin); }
    bool empty() const { return begin == end; }
  };
  void Grow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void NextChunk() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t IdleMax() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether the background should prepare more.
  bool Low() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  std::vector<Chunk> regions_ ABSL_GUARDED_BY(mu_);  // as the system gave them
  // Of the newest region: what is free.
  char* front_ ABSL_GUARDED_BY(mu_) = nullptr;
  char* back_ ABSL_GUARDED_BY(mu_) = nullptr;
  std::deque<Chunk> ready_ ABSL_GUARDED_BY(mu_);  // prepared, none taken yet
  Chunk present_ ABSL_GUARDED_BY(mu_);            // pages are taken from here
  std::deque<void*> idle_ ABSL_GUARDED_BY(mu_);   // given back, memory kept
  std::vector<void*> cold_
      ABSL_GUARDED_BY(mu_);               // given back to the system, too
  size_t used_ ABSL_GUARDED_BY(mu_) = 0;  // pages
  Signal bell_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_PAGE_POOL_H_
