// CommitPoint: how far a master's log has come in its group.
#ifndef VIGIL_REPLICATION_COMMIT_POINT_H_
#define VIGIL_REPLICATION_COMMIT_POINT_H_

#include <array>
#include <cstdint>

#include "replication/configuration.h"
#include "replication/position.h"

namespace vigil::replication {

// Each index is of the master's log. What was acknowledged in an older epoch does not
// count. Invariant: durable <= index; held_by falls from left to right.
struct CommitPoint {
  Epoch epoch;           // that this node is master of; {}: of none
  uint64_t index = 0;    // held by C members; 0: nothing of this epoch is
  uint64_t durable = 0;  // likewise, and synced by them
  int replicas = 0;      // members beside the master
  // held_by[n - 1]: held by n of them.
  std::array<uint64_t, kMembersMax - 1> held_by{};

  friend bool operator==(const CommitPoint&, const CommitPoint&) = default;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_COMMIT_POINT_H_
