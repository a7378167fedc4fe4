// PageSource: the port through which slabs get their pages, and give them back.
#ifndef VIGIL_ENGINE_PAGE_SOURCE_H_
#define VIGIL_ENGINE_PAGE_SOURCE_H_

#include <cstddef>

namespace vigil::engine {

class PageSource {
 public:
  // Pages are aligned to their size: an address tells its page. Large enough that
  // what does not fit at its end is below 1 %, small enough that a shard which
  // uses a size once does not waste much (untouched parts cost nothing).
  static constexpr size_t kPageBytes = 16 << 10;

  virtual ~PageSource() = default;
  // Ends the process when the system has no memory, as `new` would.
  virtual void* Take() = 0;
  virtual void Give(void* page) = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_PAGE_SOURCE_H_
