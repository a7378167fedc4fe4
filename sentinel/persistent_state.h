// PersistentState: what a sentinel must not forget. A second vote in one epoch
// number would be a second leader.
//
// On disk it is lines of text that a person can read, with a checksum:
//
//   vigil-sentinel 1
//   owner 00000000000000a1
//   epoch 7
//   vote 7 00000000000000b2
//   sum 3f0c...
#ifndef VIGIL_SENTINEL_PERSISTENT_STATE_H_
#define VIGIL_SENTINEL_PERSISTENT_STATE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "replication/position.h"

namespace vigil::sentinel {

// The last vote given. {}: none.
struct Vote {
  uint64_t number = 0;
  NodeId candidate;
  friend bool operator==(const Vote&, const Vote&) = default;
};

struct PersistentState {
  NodeId owner;        // the identity whose votes these are
  uint64_t epoch = 0;  // highest epoch number seen
  Vote vote;
  friend bool operator==(const PersistentState&,
                         const PersistentState&) = default;
};

std::string Encode(const PersistentState& state);
// kDataLoss when the bytes are not one.
absl::StatusOr<PersistentState> DecodePersistentState(std::string_view bytes);

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_PERSISTENT_STATE_H_
