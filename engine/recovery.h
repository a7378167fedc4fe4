// Recovery: what a storage holds, back in memory.
//
// The state, then the log after the checkpoint through the same Keyspace::Apply
// that made it. What comes out is exactly a prefix of the log that was written.
// Keys that the log changed are marked for the next checkpoint, and the newest
// part of the log is in the ring again, for replicas that were away for a moment.
// All of it is durable afterwards.
//
// The state is loaded by several threads: its slices are as many parts of the data
// set, and no two threads meet in a shard.
#ifndef VIGIL_ENGINE_RECOVERY_H_
#define VIGIL_ENGINE_RECOVERY_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "engine/base/limit.h"
#include "engine/keyspaces.h"
#include "engine/log_ring.h"
#include "engine/storage.h"
#include "engine/work_board.h"

namespace vigil::engine {

struct Recovered {
  Keyspaces keyspaces;
  LogRing ring;
};

// `keyspaces` are empty, and hash with the storage's seed.
// kDataLoss: the storage is damaged, or its parts do not fit together.
// kInternal: it cannot be synced. kDeadlineExceeded, kCancelled: as `limit` says.
absl::StatusOr<Recovered> Recover(Storage& storage, Keyspaces keyspaces,
                                  size_t log_memory_bytes, WorkBoard& works,
                                  const Limit& limit = {});

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_RECOVERY_H_
