// What a sentinel tells of itself: a plain snapshot.
#ifndef VIGIL_SENTINEL_STATUS_H_
#define VIGIL_SENTINEL_STATUS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace vigil::sentinel {

struct PeerStatus {
  std::string name;
  std::string address;
  bool sdown = false;
  // Since its last valid answer; since the start if there was none.
  absl::Duration last_seen;
  std::string
      refusal;  // why one side does not let the other in; empty: it does
};

struct Status {
  std::string failover = "none";  // state of the failover that runs here
  std::string master;             // the newest known; empty: none
  uint64_t epoch = 0;             // highest epoch number seen
  bool master_down = false;       // subjectively
  bool odown = false;
  bool tilt = false;
  std::vector<PeerStatus> peers;
  std::string obstacle;     // why it can bring about no master; empty: nothing
  std::string explanation;  // of the last failover led here; empty: none
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_STATUS_H_
