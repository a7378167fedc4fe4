// Limit: until when somebody wants a long work done.
//
// The work looks at it now and then, between its steps. A step that is inside the
// kernel, on a disk that does not answer, cannot be interrupted: it ends when the disk
// lets it, and only then is the limit seen.
//
// Time: the machine's monotonic clock. Thread-safety: copies are values.
#ifndef VIGIL_ENGINE_BASE_LIMIT_H_
#define VIGIL_ENGINE_BASE_LIMIT_H_

#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"

namespace vigil {

struct Limit {
  MonoTime deadline = MonoTime::InfiniteFuture();
  std::stop_token stop;

  static Limit In(absl::Duration timeout, std::stop_token stop = {});

  // kCancelled: a stop was requested; kDeadlineExceeded.
  absl::Status Check() const;
};

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_LIMIT_H_
