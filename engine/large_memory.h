// LargeMemory: the port through which the memory of very large cells is given back.
//
// Returning it to the system takes long (a millisecond for 16 MiB), so whoever lets go
// of it last, a writer or a reader with a pin, hands it over instead.
#ifndef VIGIL_ENGINE_LARGE_MEMORY_H_
#define VIGIL_ENGINE_LARGE_MEMORY_H_

#include <cstddef>

namespace vigil::engine {

class LargeMemory {
 public:
  // Less takes below 10 microseconds, and is freed where it is.
  static constexpr size_t kBytesMin = 64 << 10;

  virtual ~LargeMemory() = default;
  // Takes over `memory` of `bytes`, which came from `operator new`. From any thread, at
  // any time, perhaps under a shard's lock. REQUIRES: bytes >= kBytesMin.
  virtual void Give(void* memory, size_t bytes) = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_LARGE_MEMORY_H_
