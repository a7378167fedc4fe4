// WriteBounds: how much a master may have that its group does not.
//
// Pure: no thread, lock or clock.
#ifndef VIGIL_WRITE_BOUNDS_H_
#define VIGIL_WRITE_BOUNDS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "replication/unreplicated.h"
#include "vigil/options.h"
#include "vigil/status.h"

namespace vigil {

// As in vigil/options.h; 0: no bound.
struct WriteBounds {
  uint64_t operations = 0;
  uint64_t bytes = 0;
  absl::Duration time;
  OnUnreplicated then = OnUnreplicated::kWait;

  bool any() const {
    return operations != 0 || bytes != 0 || time > absl::ZeroDuration();
  }
};
WriteBounds BoundsIn(const Options& options);

// What lies behind `from` when the log ends at `last`, and writers have appended
// `bytes` altogether.
UnreplicatedStatus UnreplicatedAt(const replication::UnreplicatedFrom& from,
                                  uint64_t last, uint64_t bytes, MonoTime now);

// Names the first bound that is reached; empty: none, another write fits.
std::string ReachedBound(const UnreplicatedStatus& unreplicated,
                         const WriteBounds& bounds);

}  // namespace vigil

#endif  // VIGIL_WRITE_BOUNDS_H_
