// Time as values, and the one port through which it enters.
//
// Monotonic and wall time are different types, so that a time-out can never be
// computed from a clock that jumps. Cores take times as arguments; only shells
// hold a Clock.
#ifndef VIGIL_ENGINE_BASE_CLOCK_H_
#define VIGIL_ENGINE_BASE_CLOCK_H_

#include <compare>
#include <cstdint>

#include "absl/time/time.h"

namespace vigil {

// A moment on this process' monotonic clock. Meaningless in another process.
struct MonoTime {
  int64_t ns = 0;

  static constexpr MonoTime InfiniteFuture() { return {INT64_MAX}; }

  friend constexpr auto operator<=>(const MonoTime&, const MonoTime&) = default;
  // Saturates: a deadline of "now + forever" is never in the past.
  friend MonoTime operator+(MonoTime t, absl::Duration d) {
    const int64_t add = absl::ToInt64Nanoseconds(d);
    int64_t sum = 0;
    if (__builtin_add_overflow(t.ns, add, &sum)) {
      sum = add > 0 ? INT64_MAX : INT64_MIN;
    }
    return {sum};
  }
  friend absl::Duration operator-(MonoTime a, MonoTime b) {
    return absl::Nanoseconds(a.ns) - absl::Nanoseconds(b.ns);
  }
};

// Milliseconds since the Unix epoch: the unit of expiry, as in Redis.
struct WallTime {
  int64_t ms = 0;

  friend constexpr auto operator<=>(const WallTime&, const WallTime&) = default;
};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime Mono() const = 0;
  virtual WallTime Wall() const = 0;
};

// The machine's clocks. Stateless.
class SystemClock final : public Clock {
 public:
  MonoTime Mono() const override;
  WallTime Wall() const override;
};

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_CLOCK_H_
