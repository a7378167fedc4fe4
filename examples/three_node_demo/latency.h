// Latency: how long many short calls took, in nanoseconds.
//
// Thread-safety: one thread adds; any thread asks.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_LATENCY_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_LATENCY_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace vigil::demo {

class Latency {
 public:
  void Add(uint64_t ns) {
    auto& bucket = buckets_[std::min<size_t>(ns / kBucketNs, kBuckets - 1)];
    // One writer: no read-modify-write is needed.
    bucket.store(bucket.load(std::memory_order_relaxed) + 1,
                 std::memory_order_relaxed);
  }

  // The upper end of the bucket that holds the median; 0 if nothing was added.
  uint64_t MedianNs() const {
    uint64_t total = 0;
    for (const auto& b : buckets_) total += b.load(std::memory_order_relaxed);
    uint64_t below = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      below += buckets_[i].load(std::memory_order_relaxed);
      if (total > 0 && 2 * below >= total) return (i + 1) * kBucketNs;
    }
    return 0;
  }

 private:
  static constexpr uint64_t kBucketNs = 10;  // finer than a clock reading costs
  static constexpr size_t kBuckets =
      10'000;  // up to 100 us; the last holds the rest

  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_LATENCY_H_
