// OperationStats: how often each kind of operation was called, and how long it took.
//
// Calls, hits and misses are exact. Times of writes and of long reads are exact, too;
// those of short reads are sampled (base/sampling.h): two looks at the clock cost more
// than a read.
//
// Thread-safety: thread-safe, no lock. Memory: 0.4 MB, most of it histograms.
#ifndef VIGIL_ENGINE_OPERATION_STATS_H_
#define VIGIL_ENGINE_OPERATION_STATS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/striped_counters.h"
#include "engine/histogram.h"

namespace vigil::engine {

// Short reads first: IsShortRead() counts on it.
enum class OperationKind : uint8_t {
  kGet,  // also pinned, and of a range
  kExists,
  kTtl,  // and whatever else is asked about a key
  // Reads that take their time.
  kGetMany,
  kScan,
  kRandomKey,
  // Writes.
  kSet,
  kDelete,
  kIncrement,
  kIncrementFloat,
  kAppend,
  kSetRange,
  kExpire,
  kPersist,
  kRename,
  kTouch,
  kBatch,
  kFlush,
  kSwap,
};
inline constexpr size_t kOperationKinds =
    static_cast<size_t>(OperationKind::kSwap) + 1;

// As in Redis' commandstats: "get", "mget", "del", "incrby", "exec" for a batch, ...
std::string_view NameOf(OperationKind kind);

// Its time is measured only if the call is sampled.
constexpr bool IsShortRead(OperationKind kind) {
  return kind <= OperationKind::kTtl;
}

class OperationStats {
 public:
  void CountCall(OperationKind kind) { counts_.Add(static_cast<size_t>(kind)); }
  // Of keys that a read looked for. A GetMany adds as many as it asked for.
  void CountHits(uint64_t n = 1) { counts_.Add(kHits, n); }
  void CountMisses(uint64_t n = 1) { counts_.Add(kMisses, n); }
  void RecordTime(OperationKind kind, int64_t ns) {
    times_[static_cast<size_t>(kind)].Record(ns);
  }

  uint64_t calls(OperationKind kind) const {
    return counts_.Sum(static_cast<size_t>(kind));
  }
  uint64_t hits() const { return counts_.Sum(kHits); }
  uint64_t misses() const { return counts_.Sum(kMisses); }
  Histogram::Snapshot times(OperationKind kind) const {
    return times_[static_cast<size_t>(kind)].snapshot();
  }

 private:
  static constexpr size_t kHits = kOperationKinds;
  static constexpr size_t kMisses = kOperationKinds + 1;

  StripedCounters<kOperationKinds + 2> counts_;
  std::array<Histogram, kOperationKinds> times_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_OPERATION_STATS_H_
