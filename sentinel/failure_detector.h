// FailureDetector: is one peer subjectively down?
//
// Down is: no valid answer for down_after; or, with fast_fail, two refused
// connections in a row from a peer that has answered before. The second refusal
// must be of a ping sent after the first was known: one broken connection
// refuses every ping that was under way on it.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_FAILURE_DETECTOR_H_
#define VIGIL_SENTINEL_FAILURE_DETECTOR_H_

#include <cstdint>

#include "absl/time/time.h"
#include "engine/base/clock.h"

namespace vigil::sentinel {

class FailureDetector {
 public:
  FailureDetector(absl::Duration down_after, bool fast_fail, MonoTime now)
      : down_after_(down_after), fast_fail_(fast_fail), quiet_since_(now) {}

  void Answered(MonoTime now);

  // The ping with number `round` was refused; `newest` is the number of the
  // newest ping sent until now.
  void Refused(uint64_t round, uint64_t newest);

  // No valid answer, but no refusal either: something is there.
  void Failed() { refusals_ = 0; }

  // Gives a peer a full down_after from `now`: after a stall of our own, and
  // when it was promoted. REQUIRES: it is not held for down (only an answer
  // ends that).
  void Restart(MonoTime now);

  bool Down(MonoTime now) const {
    return refused_twice() || now >= quiet_since_ + down_after_;
  }

  bool refused_once() const { return refusals_ == 1; }
  bool heard() const { return heard_; }
  MonoTime quiet_since() const { return quiet_since_; }
  // When silence alone makes it down.
  MonoTime deadline() const { return quiet_since_ + down_after_; }

 private:
  bool refused_twice() const { return fast_fail_ && heard_ && refusals_ >= 2; }

  absl::Duration down_after_;
  bool fast_fail_;
  MonoTime quiet_since_;
  bool heard_ = false;
  int refusals_ = 0;
  // Pings up to here met the refusal that is already counted.
  uint64_t refused_until_ = 0;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_FAILURE_DETECTOR_H_
