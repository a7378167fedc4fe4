// StripedCounters: `kCounters` counts that any thread may raise for about a nanosecond.
//
// Each thread has a row of its own (thread_slot.h), written with plain loads and
// stores; the threads that found no slot share the last row and add atomically.
//
// Thread-safety: thread-safe. A sum taken while others count is a sum of moments close
// to each other; it misses nothing that happened before the call.
#ifndef VIGIL_ENGINE_BASE_STRIPED_COUNTERS_H_
#define VIGIL_ENGINE_BASE_STRIPED_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/base/thread_slot.h"

namespace vigil {

template <size_t kCounters>
class StripedCounters {
 public:
  void Add(size_t which, uint64_t n = 1) {
    const int slot = ThisThreadSlot();
    std::atomic<uint64_t>& count = rows_[static_cast<size_t>(slot)].of[which];
    if (slot < kThreadSlots) {
      count.store(count.load(std::memory_order_relaxed) + n,
                  std::memory_order_relaxed);
    } else {
      count.fetch_add(n, std::memory_order_relaxed);
    }
  }

  uint64_t Sum(size_t which) const {
    uint64_t sum = 0;
    for (const Row& row : rows_) {
      sum += row.of[which].load(std::memory_order_relaxed);
    }
    return sum;
  }

 private:
  // 128: the processor fetches lines of 64 bytes in pairs.
  struct alignas(128) Row {
    std::array<std::atomic<uint64_t>, kCounters> of{};
  };
  std::array<Row, kThreadSlots + 1> rows_;
};

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_STRIPED_COUNTERS_H_
