// Tilt: this sentinel stood still (a stopped process, a frozen machine, a disk
// that took long), so its time-outs measured its own sleep and not the silence
// of others.
//
// From the moment when it notices, it suspects nobody until it has heard from
// its peers again: every peer has answered or failed a ping that was sent
// since, or down_after has passed. Redis stays blind for 30 s instead.
//
//   now ............ armed ......|threshold|......... woken: TILT
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_TILT_H_
#define VIGIL_SENTINEL_TILT_H_

#include <cstdint>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "sentinel/topology.h"

namespace vigil::sentinel {

class Tilt {
 public:
  Tilt(absl::Duration threshold, absl::Duration longest)
      : threshold_(threshold), longest_(longest) {}

  // When the next step is due at the latest.
  void Arm(MonoTime wake) { armed_ = wake; }

  // How late the step at `now` is, if that is a stall; else zero.
  absl::Duration Stall(MonoTime now) const;

  // `newest_ping`: the number of the newest ping sent before the stall was
  // noticed.
  void Begin(uint64_t newest_ping, MonoTime now);

  // Ends it if the peers have been heard from; true if this call did.
  bool TryEnd(const Topology& topology, MonoTime now);

  bool active() const { return active_; }
  MonoTime deadline() const {
    return active_ ? since_ + longest_ : MonoTime::InfiniteFuture();
  }

 private:
  absl::Duration threshold_;
  absl::Duration longest_;
  MonoTime armed_ = MonoTime::InfiniteFuture();
  bool active_ = false;
  MonoTime since_;
  uint64_t newest_ping_ = 0;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_TILT_H_
