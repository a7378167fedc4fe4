// How old what is read may be, and how old it was. Plain values.
#ifndef VIGIL_FRESHNESS_H_
#define VIGIL_FRESHNESS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "vigil/operation.h"

namespace vigil {

// What a read, or several reads together, have seen: the log up to here.
struct ReadPoint {
  uint64_t epoch = 0;  // number of the epoch that wrote the last of it
  uint64_t index = 0;
  // Every write that was acknowledged longer ago than this was seen. Infinite: this
  // node has never asked; it may be up to date all the same.
  absl::Duration age = absl::InfiniteDuration();
};

struct Freshness {
  enum Level {
    // This node's data as they are: perhaps older than the master's, and for a moment
    // perhaps with a write below Ack::kQuorum that a failover takes back.
    kLocal,
    // Likewise, but no older than `max_staleness`. Asks the master, and it a quorum,
    // only if this node has not done so within that time.
    kMaxStaleness,
    // Likewise, but with everything up to a receipt, or to what another read has seen:
    // read your own writes, on any node; never see time run backwards.
    kAtLeast,
    // Every write is seen that was acknowledged, anywhere in the group, before the read
    // began, and nothing that a failover could take back. On the master, and through
    // any replica. Costs a round to a quorum, which all reads that wait share.
    kLinearizable,
  };

  static Freshness Local() { return {}; }
  static Freshness MaxStaleness(absl::Duration age) {
    Freshness freshness{.level = kMaxStaleness};
    freshness.max_staleness = age;
    return freshness;
  }
  static Freshness AtLeast(const Receipt& receipt) {
    return {.level = kAtLeast, .epoch = receipt.epoch, .index = receipt.index};
  }
  static Freshness AtLeast(const ReadPoint& seen) {
    return {.level = kAtLeast, .epoch = seen.epoch, .index = seen.index};
  }
  static Freshness Linearizable() { return {.level = kLinearizable}; }

  Level level = kLocal;
  absl::Duration max_staleness = absl::ZeroDuration();  // of kMaxStaleness
  uint64_t epoch = 0;                                   // of kAtLeast
  uint64_t index = 0;
};

}  // namespace vigil

#endif  // VIGIL_FRESHNESS_H_
