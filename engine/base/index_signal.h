// IndexSignal: a Signal (signal.h) that tells of a number which grows, to those who each
// wait until it has come up to theirs. Whom a step does not concern sleeps on: of 64
// writers who wait for a commit it wakes the ten whose records it commits.
//
//   for (uint64_t seen = s.Seen(); !done(); seen = s.Seen()) {
//     if (!s.WaitPast(seen, deadline, index)) return TimedOut();
//   }
//
// Those whose numbers are 31 apart are woken together, sometimes in vain.
//
// Thread-safety: thread-safe.
#ifndef VIGIL_ENGINE_BASE_INDEX_SIGNAL_H_
#define VIGIL_ENGINE_BASE_INDEX_SIGNAL_H_

#include <atomic>
#include <cstdint>

#include "engine/base/clock.h"
#include "engine/base/futex_bits.h"

namespace vigil {

class IndexSignal {
 public:
  uint64_t Seen() const { return sequence_.load(std::memory_order_seq_cst); }

  // Something else has changed, for everybody.
  void Notify() { Wake(kAllFutexBits); }
  // It has come from `from` to `to`.
  void Notify(uint64_t from, uint64_t to) {
    if (to - from >= kNumberBits) return Wake(kAllFutexBits);
    uint32_t bits = kAnyBit;
    for (uint64_t index = from + 1; index <= to; ++index) bits |= BitOf(index);
    Wake(bits);
  }

  // As Signal::WaitPast, and true when that was for `index`, or for everybody. It may
  // be true for less.
  bool WaitPast(uint64_t seen, MonoTime deadline, uint64_t index) {
    return Wait(seen, deadline, BitOf(index));
  }
  // For any step.
  bool WaitPast(uint64_t seen, MonoTime deadline) {
    return Wait(seen, deadline, kAnyBit);
  }

 private:
  static constexpr uint32_t kNumberBits = 31;
  static constexpr uint32_t kAnyBit = uint32_t{1} << kNumberBits;
  static uint32_t BitOf(uint64_t index) {
    return uint32_t{1} << (index % kNumberBits);
  }

  // The two see each other, as in Signal.
  void Wake(uint32_t bits) {
    sequence_.fetch_add(1, std::memory_order_seq_cst);
    if (waiters_.load(std::memory_order_seq_cst) == 0) return;
    FutexWake(sequence_, bits);
  }
  bool Wait(uint64_t seen, MonoTime deadline, uint32_t bits) {
    waiters_.fetch_add(1, std::memory_order_seq_cst);
    bool in_time = true;
    while (Seen() == seen && in_time)
      in_time = FutexWait(sequence_, seen, deadline, bits);
    waiters_.fetch_sub(1, std::memory_order_seq_cst);
    return Seen() != seen;
  }

  std::atomic<uint64_t> sequence_{0};
  std::atomic<int> waiters_{0};
};

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_INDEX_SIGNAL_H_
