// WorkOptions: how long a long work may take, and how it is cancelled.
//
//   std::stop_source stop;                      // stop.request_stop() from any thread
//   node->Backup(dir, {.timeout = absl::Minutes(5), .cancel = stop.get_token()});
//
// The call returns at the time-out or when it is cancelled, whatever the disk does. What
// it had begun is given up between two steps, and undone. A step inside the kernel, on a
// disk that does not answer, cannot be interrupted by anybody: its thread, and what it
// uses (a directory, memory), stay until the disk answers or the process ends.
#ifndef VIGIL_WORK_H_
#define VIGIL_WORK_H_

#include <stop_token>

#include "absl/time/time.h"

namespace vigil {

struct WorkOptions {
  // Longer than any healthy disk needs for what fits in memory. Zero or less: the call
  // returns kDeadlineExceeded. Infinite: it may wait for ever.
  absl::Duration timeout = absl::Hours(1);

  std::stop_token cancel;
};

}  // namespace vigil

#endif  // VIGIL_WORK_H_
