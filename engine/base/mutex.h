// Mutex, MutexLock and CondVar: std's, with Abseil's thread-safety annotations.
//
// Not absl::Mutex: Debian's Abseil is not instrumented, so ThreadSanitizer would
// see no lock at all and report every guarded access as a race.
#ifndef VIGIL_ENGINE_BASE_MUTEX_H_
#define VIGIL_ENGINE_BASE_MUTEX_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "engine/base/clock.h"

namespace vigil {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    if (!mu_.try_lock()) LockTaken();
  }
  // False: somebody has it.
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    return mu_.try_lock();
  }
  // Whether somebody waits for it at this moment.
  bool Contended() const { return waiting_ > 0; }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }

 private:
  friend class CondVar;

  // Most locks here are held for the time of a lookup, some for a few microseconds: less
  // than it costs to sleep and be woken. So it looks again first, for some 50 of them.
  void LockTaken() {
    ++waiting_;
    LockWaiting();
    --waiting_;
  }
  void LockWaiting() {
    for (int pauses = 1; pauses <= kPausesMax; pauses *= 2) {
      for (int i = 0; i < pauses; ++i) Pause();
      if (mu_.try_lock()) return;
    }
    mu_.lock();
  }
  static constexpr int kPausesMax = 2048;
  static void Pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
  }

  std::mutex mu_;
  std::atomic<int> waiting_{0};
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) {
    mu_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

// Spurious wake-ups happen: wait in a loop that tests the condition.
class CondVar {
 public:
  void Wait(Mutex& mu) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    cv_.wait(lock);
    lock.release();
  }

  // Returns false when `deadline`, of SystemClock, has passed.
  bool WaitUntil(Mutex& mu, MonoTime deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    if (deadline == MonoTime::InfiniteFuture()) {
      Wait(mu);
      return true;
    }
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    const std::chrono::steady_clock::time_point until{
        std::chrono::nanoseconds(deadline.ns)};
    const bool in_time =
        cv_.wait_until(lock, until) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }

  void NotifyOne() { cv_.notify_one(); }
  void NotifyAll() { cv_.notify_all(); }

 private:
  std::condition_variable cv_;
};

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_MUTEX_H_
