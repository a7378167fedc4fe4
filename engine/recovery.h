// Recovery: what a storage holds, back in memory.
//
// The state, then the log after the checkpoint through the same Keyspace::Apply
// that made it. What comes out is exactly a prefix of the log that was written.
// Keys that the log changed are marked for the next checkpoint, and the newest
// part of the log is in the ring again, for replicas that were away for a moment.
// All of it is durable afterwards.
#ifndef VIGIL_ENGINE_RECOVERY_H_
#define VIGIL_ENGINE_RECOVERY_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/keyspace.h"
#include "engine/log_ring.h"
#include "engine/storage.h"

namespace vigil::engine {

struct Recovered {
  std::vector<Keyspace> keyspaces;  // one a shard
  LogRing ring;
};

// kDataLoss: the storage is damaged, or its parts do not fit together.
// kInternal: it cannot be synced.
absl::StatusOr<Recovered> Recover(Storage& storage, size_t shards,
                                  size_t log_memory_bytes);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_RECOVERY_H_
