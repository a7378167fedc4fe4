// Reclaimer: memory of large values that nobody needs any more, until somebody has the
// time to give it back.
//
//   writer, eviction, reader's pin ─▶ Give ─▶ list, through the memory itself ─▶ Drain
//
// However much there is, who gives frees nothing. The memory that waits is bounded by
// those who want more: a write waits in AwaitRoom while too much of it does. It has been
// in use until then, so the sum is what the store had at its largest, and kWaitingMax.
//
// Thread-safety: thread-safe.
// Lifetime: shared with the cells, so that a pin may outlive the engine. Close() ends
// the handing over: then whoever lets go frees, because there is no thread that would.
#ifndef VIGIL_ENGINE_RECLAIMER_H_
#define VIGIL_ENGINE_RECLAIMER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "engine/base/wait_meter.h"
#include "engine/large_memory.h"

namespace vigil::engine {

class Reclaimer final : public LargeMemory {
 public:
  // Four of the largest values.
  static constexpr size_t kWaitingMax = 256 << 20;

  // `bell` rings when there is something to drain. It outlives Close().
  explicit Reclaimer(Signal& bell) : bell_(bell) {}
  ~Reclaimer() override { Close(); }

  void Give(void* memory, size_t bytes) override;
  // Frees what was given, on the caller's thread.
  void Drain();
  // Likewise, and from now on whoever gives frees.
  void Close();

  bool HasRoom() const { return waiting_bytes_ < kWaitingMax; }
  // Waits until it has, so less than kWaitingMax waits to be freed.
  // kResourceExhausted: `deadline` passed first.
  absl::Status AwaitRoom(MonoTime deadline);

  struct Counts {
    uint64_t waiting = 0;        // to be freed
    uint64_t waiting_bytes = 0;  // of them
    uint64_t freed = 0;          // by Drain
    uint64_t refused = 0;        // by AwaitRoom
    Waits delays;                // in AwaitRoom
  };
  Counts counts() const;

 private:
  // Stands at the beginning of what waits.
  struct Waiting {
    Waiting* next;
    size_t bytes;
  };

  Signal& bell_;
  Mutex mu_;
  Waiting* first_ ABSL_GUARDED_BY(mu_) = nullptr;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  std::atomic<uint64_t> waiting_{0};
  std::atomic<size_t> waiting_bytes_{0};
  std::atomic<uint64_t> freed_{0};
  std::atomic<uint64_t> refused_{0};
  WaitMeter delays_;
  Signal drained_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_RECLAIMER_H_
