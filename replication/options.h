// What the replication core and its shell are told. Explained in
// vigil/options.h.
#ifndef VIGIL_REPLICATION_OPTIONS_H_
#define VIGIL_REPLICATION_OPTIONS_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "replication/shared_options.h"

namespace vigil::replication {

struct Options {
  std::string address;  // where the others reach this member
  int priority = 100;
  SharedOptions shared_options;  // a replica that tells others is refused
  // Every record is synced, and so this member is formed after a power loss, too. What
  // it counts or acknowledges as held must then be on its disk.
  bool all_synced = false;
  // Signs of life on a quiet stream, in both directions.
  absl::Duration heartbeat = absl::Milliseconds(100);
  // A stream without one for so long is closed.
  absl::Duration link_timeout = absl::Seconds(1);
  // A master that is dialled may take as long for its first word, if that is longer: each
  // side may have to prove first that it belongs here, and to begin anew again and again
  // would keep a busy machine from ever getting there.
  absl::Duration dial_timeout = absl::Seconds(3);
  // A master out of reach of C members for so long is isolated.
  absl::Duration isolation_timeout = absl::Milliseconds(500);
  // A master with fewer good replicas refuses writes; 0: never.
  int min_replicas_to_write = 0;
  absl::Duration min_replicas_max_lag = absl::Seconds(10);
  // First and longest pause of a replica before it dials its master again.
  absl::Duration redial_min = absl::Milliseconds(20);
  absl::Duration redial_max = absl::Milliseconds(500);
  // One message of the stream carries about so much: large enough that its cost
  // does not count, small enough that a heartbeat does not wait for it.
  size_t message_bytes = 256 << 10;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_OPTIONS_H_
