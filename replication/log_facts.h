// LogFacts: what a follower of this node's log must know beside the log itself.
//
// While `generation` is the same the log was only appended to, so a reader that asks
// before and after a read, and finds the same generation and no replacing, has read the
// log that it followed.
#ifndef VIGIL_REPLICATION_LOG_FACTS_H_
#define VIGIL_REPLICATION_LOG_FACTS_H_

#include <cstdint>

#include "replication/position.h"

namespace vigil::replication {

struct LogFacts {
  uint64_t generation = 0;
  // A full sync is under way: at some moment of it another log takes the place of this
  // one. `commit` is of the master's log then, and says nothing of this one.
  bool replacing = false;
  // Names the epoch of every record before it can be read.
  History history;
  // Held by a commit quorum: no failover takes records up to here back.
  uint64_t commit = 0;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_LOG_FACTS_H_
