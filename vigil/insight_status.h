// What the engine counted of its own use, as parts of a NodeStatus.
#ifndef VIGIL_INSIGHT_STATUS_H_
#define VIGIL_INSIGHT_STATUS_H_

#include <vector>

#include "engine/big_keys.h"
#include "engine/engine.h"
#include "engine/operation_timer.h"
#include "vigil/options.h"
#include "vigil/status.h"

namespace vigil {

// Sets operations, hits, misses, slow_log and hot_keys. Takes some 10 microseconds for
// each kind of operation that was called.
void TellInsight(const engine::Insight& insight, NodeStatus& status);

// Sets memory, keyspaces and evicted_keys.
void TellMemory(const engine::EngineStatus& engine, Eviction policy,
                NodeStatus& status);

std::vector<BigKey> ToBigKeys(const engine::BigKeys& found);

}  // namespace vigil

#endif  // VIGIL_INSIGHT_STATUS_H_
