// Times and values, from the application's terms to the engine's and back.
#ifndef VIGIL_EXPIRY_H_
#define VIGIL_EXPIRY_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/entry.h"
#include "vigil/operation.h"

namespace vigil {

// When a key expires that is given a ttl (zero: none) or an absolute time (the
// infinite future: none); zero: never. Rounded up: a key that was asked to live
// lives at least a millisecond.
// kInvalidArgument: a negative ttl, or more than one of the three.
absl::StatusOr<WallTime> ExpiryOf(absl::Duration ttl, absl::Time expires_at,
                                  bool keep, const Clock& clock);

absl::Time ToTime(WallTime expires_at);
Value ToValue(engine::Entry&& entry);

}  // namespace vigil

#endif  // VIGIL_EXPIRY_H_
