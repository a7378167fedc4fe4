#include "engine/base/thread_slot.h"

#include <atomic>
#include <bit>
#include <cstdint>

namespace vigil::internal {
namespace {

constinit std::atomic<uint64_t> taken{0};  // bit n: slot n

// Gives the slot back when its thread ends.
struct Owner {
  int slot = kThreadSlots;
  ~Owner() {
    // What runs later in this thread's end counts in the shared cell.
    thread_slot = kThreadSlots;
    if (slot == kThreadSlots) return;
    taken.fetch_and(~(uint64_t{1} << slot), std::memory_order_release);
  }
};

}  // namespace

int TakeThreadSlot() {
  thread_local Owner owner;
  uint64_t seen = taken.load(std::memory_order_relaxed);
  while (seen != UINT64_MAX) {
    const int free = std::countr_one(seen);
    if (taken.compare_exchange_weak(seen, seen | uint64_t{1} << free,
                                    std::memory_order_acquire,
                                    std::memory_order_relaxed)) {
      owner.slot = free;
      break;
    }
  }
  thread_slot = owner.slot;
  return thread_slot;
}

}  // namespace vigil::internal
