// Histogram: how long something took, as a distribution, in fixed memory.
//
// Log-linear buckets as in HdrHistogram (Tene, http://hdrhistogram.org): each power of
// two is cut into kSub equal parts.
//
//   0 1 2 ... 15 | 16 17 ... 31 | 32 34 ... 62 | 64 68 ... | ... up to 2^37 ns, 137 s
//     by 1            by 1           by 2          by 4
//
// A percentile is the middle of its bucket: at most 1/32 (3.2 %) off. Longer times
// count in the last bucket; sum and maximum are exact.
//
// Thread-safety: thread-safe without a lock. Threads record into one of kStripes copies,
// so that two cores seldom write one line. Memory: 17 KiB.
#ifndef VIGIL_ENGINE_HISTOGRAM_H_
#define VIGIL_ENGINE_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace vigil::engine {

class Histogram {
 public:
  static constexpr int kSubBits = 4;
  static constexpr uint64_t kSub = uint64_t{1} << kSubBits;
  static constexpr int kValueBits = 37;
  static constexpr size_t kBuckets = (kValueBits - kSubBits + 1) * kSub;

  // What was recorded up to a moment. A value.
  struct Snapshot {
    std::array<uint64_t, kBuckets> buckets{};
    uint64_t count = 0;
    uint64_t sum_ns = 0;
    uint64_t max_ns = 0;

    // The time that `percent` of the recorded ones did not exceed; 0 if there are none.
    // REQUIRES: 0 <= percent <= 100.
    absl::Duration Percentile(double percent) const;
    absl::Duration Mean() const;
  };

  // A negative duration (a clock that stepped back) counts as 0.
  void Record(int64_t ns);
  Snapshot snapshot() const;

  // The bucket of `ns`; its least value, and how many values it takes.
  static size_t BucketOf(uint64_t ns);
  static uint64_t LowestIn(size_t bucket);
  static uint64_t WidthOf(size_t bucket);

 private:
  static constexpr size_t kStripes = 4;

  struct alignas(64) Stripe {
    std::atomic<uint64_t> sum{0};
    std::atomic<uint64_t> max{0};
    std::array<std::atomic<uint64_t>, kBuckets> buckets{};
  };
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_HISTOGRAM_H_
