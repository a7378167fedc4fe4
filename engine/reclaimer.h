// Reclaimer: large values that nobody needs any more, until somebody has the time to
// give their memory back. That takes long (a millisecond for 16 MiB), so no writer
// and no reader does it.
//
// Thread-safety: thread-safe.
#ifndef VIGIL_ENGINE_RECLAIMER_H_
#define VIGIL_ENGINE_RECLAIMER_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "engine/cell_heap.h"

namespace vigil::engine {

class Reclaimer {
 public:
  // `bell` rings when there is something to drain, and outlives it.
  explicit Reclaimer(Signal& bell) : bell_(bell) {}

  // Beyond this the one who adds frees them himself: memory that waits to be freed
  // is bounded.
  static constexpr size_t kWaitingMax = 1024;

  void Add(std::vector<CellPin> cells) {
    {
      MutexLock lock(mu_);
      if (waiting_.size() < kWaitingMax) {
        for (CellPin& cell : cells) waiting_.push_back(std::move(cell));
        cells.clear();
      }
    }
    bell_.Notify();
  }

  // Frees them, on the caller's thread. Returns how many.
  size_t Drain() {
    std::vector<CellPin> freed;
    MutexLock lock(mu_);
    freed.swap(waiting_);
    return freed.size();
  }

 private:
  Mutex mu_;
  std::vector<CellPin> waiting_ ABSL_GUARDED_BY(mu_);
  Signal& bell_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_RECLAIMER_H_
