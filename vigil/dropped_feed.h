// DroppedFeed: gives what the replicator reports as dropped to the application, piece
// by piece, on the callback thread.
#ifndef VIGIL_DROPPED_FEED_H_
#define VIGIL_DROPPED_FEED_H_

#include <functional>

#include "replication/dropped_files.h"
#include "vigil/dropped_writes.h"
#include "vigil/executor.h"

namespace vigil {

// Of one call. Large values may exceed it by one.
inline constexpr size_t kDroppedWritesMax = 1000;
inline constexpr size_t kDroppedBytesMax = 1 << 20;

using DroppedListener = std::function<void(const DroppedWrites&)>;

// What the replicator is to call; empty if `listener` is. `executor` outlives it. A
// report whose calls did not all return stays untold: the next start repeats it.
std::function<void(const replication::DroppedReport&)> MakeDroppedFeed(
    Executor& executor, DroppedListener listener);

}  // namespace vigil

#endif  // VIGIL_DROPPED_FEED_H_
