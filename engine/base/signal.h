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
// Thread-safety: thread-safe.
#ifndef VIGIL_ENGINE_BASE_SIGNAL_H_
#define VIGIL_ENGINE_BASE_SIGNAL_H_

#include <atomic>
#include <cstdint>

#include "engine/base/mutex.h"

namespace vigil {

class Signal {
 public:
  uint64_t Seen() const { return sequence_.load(std::memory_order_seq_cst); }

  void Notify() {
    sequence_.fetch_add(1, std::memory_order_seq_cst);
    if (waiters_.load(std::memory_order_seq_cst) == 0) return;
    // Taking the lock orders this notification after a waiter's last test.
    MutexLock lock(mu_);
    cv_.NotifyAll();
  }

  // Returns true at once or as soon as Notify() was called after `seen` was read,
  // false when `deadline` passed first.
  bool WaitPast(uint64_t seen, MonoTime deadline) {
    MutexLock lock(mu_);
    waiters_.fetch_add(1, std::memory_order_seq_cst);
    bool moved = Seen() != seen;
    while (!moved) {
      const bool in_time = cv_.WaitUntil(mu_, deadline);
      moved = Seen() != seen;
      if (!in_time) break;
    }
    waiters_.fetch_sub(1, std::memory_order_seq_cst);
    return moved;
  }

 private:
  std::atomic<uint64_t> sequence_{0};
  std::atomic<int> waiters_{0};
  Mutex mu_;
  CondVar cv_;
};

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_SIGNAL_H_
