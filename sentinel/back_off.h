// BackOff: how long to wait after a failed attempt. Doubles from a base to a
// maximum, with up to half as much again at random so that two that failed
// together do not fail together again.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_BACK_OFF_H_
#define VIGIL_SENTINEL_BACK_OFF_H_

#include <algorithm>

#include "absl/time/time.h"
#include "engine/base/random.h"

namespace vigil::sentinel {

class BackOff {
 public:
  BackOff(absl::Duration base, absl::Duration max)
      : base_(base), max_(max), next_(base) {}

  absl::Duration Next(Random& random) {
    const absl::Duration pause = next_;
    next_ = std::min(max_, 2 * next_);
    return pause + random.Between(absl::ZeroDuration(), pause / 2);
  }

  void Reset() { next_ = base_; }

 private:
  absl::Duration base_;
  absl::Duration max_;
  absl::Duration next_;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_BACK_OFF_H_
