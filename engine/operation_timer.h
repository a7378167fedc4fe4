// OperationTimer: tells what an operation was and how long it took, from where it stands
// to the end of its scope. The one thing that a call site needs.
//
//   OperationTimer timer(insight, clock, OperationKind::kGet, database, key);
//   const Slot* slot = ...;
//   timer.Found(slot != nullptr);
//
// A short read that is not sampled costs its counter, and no look at the clock
// (measured: a few ns, about 70 for a write; see OperationTimerTest and engine/README.md).
// So a slow read of that kind is in the slow log only if it was sampled.
//
// Lifetime: a local variable; `key` stays where it is. Thread-safety: one thread's.
#ifndef VIGIL_ENGINE_OPERATION_TIMER_H_
#define VIGIL_ENGINE_OPERATION_TIMER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/sampling.h"
#include "engine/hot_keys.h"
#include "engine/operation_stats.h"
#include "engine/slow_log.h"

namespace vigil::engine {

// What a data set knows of its use. Thread-safe.
struct Insight {
  Insight(const SlowLogOptions& slow_log, const Clock& clock)
      : slow(slow_log, clock) {}

  OperationStats operations;
  SlowLog slow;
  HotKeys hot;
};

class OperationTimer {
 public:
  // `key`: empty when the operation has none, or several.
  OperationTimer(Insight& insight, const Clock& clock, OperationKind kind,
                 uint8_t database, std::string_view key)
      : insight_(insight),
        clock_(clock),
        key_(key),
        kind_(kind),
        database_(database),
        sampled_(SampleThisCall()) {
    if (sampled_ || !IsShortRead(kind)) began_ = clock.Mono();
  }
  ~OperationTimer() {
    insight_.operations.CountCall(kind_);
    if (began_ != MonoTime{}) Finish();
  }
  OperationTimer(const OperationTimer&) = delete;
  OperationTimer& operator=(const OperationTimer&) = delete;

  // Of a read: whether the key was there.
  void Found(bool found) {
    found ? insight_.operations.CountHits() : insight_.operations.CountMisses();
  }
  // Whether this call stands for many. An operation on several keys then shows one of
  // them, drawn at random, to Insight::hot itself.
  bool sampled() const { return sampled_; }
  // For the slow log: of the value read or written.
  void set_value_bytes(size_t bytes) { value_bytes_ = bytes; }

 private:
  void Finish();

  Insight& insight_;
  const Clock& clock_;
  const std::string_view key_;
  MonoTime began_;  // zero: not timed
  size_t value_bytes_ = 0;
  const OperationKind kind_;
  const uint8_t database_;
  const bool sampled_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_OPERATION_TIMER_H_
