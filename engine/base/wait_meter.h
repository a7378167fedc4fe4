// WaitMeter: how often somebody had to wait, how long altogether, and how many do now.
//
//   const WaitMeter::Wait wait(meter);   // until the end of its scope
//
// For waits that are rare and long beside the two looks at the clock that each costs.
//
// Thread-safety: thread-safe.
#ifndef VIGIL_ENGINE_BASE_WAIT_METER_H_
#define VIGIL_ENGINE_BASE_WAIT_METER_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "engine/base/clock.h"

namespace vigil {

struct Waits {
  uint64_t now = 0;      // are waiting
  uint64_t ended = 0;    // have waited
  absl::Duration total;  // of those that ended
};

inline Waits operator+(const Waits& a, const Waits& b) {
  return {a.now + b.now, a.ended + b.ended, a.total + b.total};
}

class WaitMeter {
 public:
  class Wait {
   public:
    explicit Wait(WaitMeter& meter) : meter_(meter), began_(clock_.Mono()) {
      ++meter_.now_;
    }
    ~Wait() {
      meter_.total_ns_ += absl::ToInt64Nanoseconds(clock_.Mono() - began_);
      ++meter_.ended_;
      --meter_.now_;
    }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    const SystemClock clock_;
    WaitMeter& meter_;
    const MonoTime began_;
  };

  Waits waits() const {
    return {.now = now_,
            .ended = ended_,
            .total = absl::Nanoseconds(total_ns_.load())};
  }

 private:
  std::atomic<uint64_t> now_{0};
  std::atomic<uint64_t> ended_{0};
  std::atomic<int64_t> total_ns_{0};
};

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_WAIT_METER_H_
