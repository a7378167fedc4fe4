// Signal: "something that you may be waiting for has changed".
//
// Costs the notifier one atomic increment when nobody waits, so it can be called
// once per write. Waiters read Seen(), test their condition, and only then wait
// for the signal to move past what they saw: no wake-up can be missed.
//
//   for (uint64_t seen = s.Seen(); !done(); seen = s.Seen()) {
//     if (!s.WaitPast(seen, deadline)) return TimedOut();
//   }
//
// A futex and not a condition variable: one notification may release dozens of
// writers, and with a mutex to take again each of them would sleep a second time.
//
// Thread-safety: thread-safe.
#ifndef VIGIL_ENGINE_BASE_SIGNAL_H_
#define VIGIL_ENGINE_BASE_SIGNAL_H_

#include <atomic>
#include <cstdint>

#include "engine/base/clock.h"
#include "engine/base/futex.h"

namespace vigil {

class Signal {
 public:
  uint64_t Seen() const { return sequence_.load(std::memory_order_seq_cst); }

  void Notify() {
    sequence_.fetch_add(1, std::memory_order_seq_cst);
    // A waiter counts itself before it looks at the sequence for the last time: one
    // of the two sees the other.
    if (waiters_.load(std::memory_order_seq_cst) == 0) return;
    FutexWakeAll(sequence_);
  }

  // Returns true at once or as soon as Notify() was called after `seen` was read,
  // false when `deadline`, of SystemClock, passed first.
  bool WaitPast(uint64_t seen, MonoTime deadline) {
    waiters_.fetch_add(1, std::memory_order_seq_cst);
    bool in_time = true;
    while (Seen() == seen && in_time)
      in_time = FutexWait(sequence_, seen, deadline);
    waiters_.fetch_sub(1, std::memory_order_seq_cst);
    return Seen() != seen;
  }

 private:
  std::atomic<uint64_t> sequence_{0};
  std::atomic<int> waiters_{0};
};

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_SIGNAL_H_
