// Latency: how long each of many calls took, with an error below 1 in 64.
//
// The buckets grow with the value: 64 for each power of two (as HdrHistogram).
// Adding costs a few nanoseconds and never allocates.
#ifndef VIGIL_TESTS_BENCHMARKS_LATENCY_H_
#define VIGIL_TESTS_BENCHMARKS_LATENCY_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vigil::bench {

class Latency {
 public:
  void Add(int64_t ns) {
    const auto value = static_cast<uint64_t>(std::max<int64_t>(ns, 0));
    ++buckets_[BucketOf(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  uint64_t count() const { return count_; }
  double max_ns() const { return static_cast<double>(max_); }

  // The smallest duration that `part` of the calls did not exceed. 0 < part <= 1
  double QuantileNs(double part) const {
    const auto wanted =
        static_cast<uint64_t>(part * static_cast<double>(count_));
    uint64_t below = 0;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      below += buckets_[i];
      if (below > 0 && below >= wanted) return static_cast<double>(FloorOf(i));
    }
    return max_ns();
  }

 private:
  static constexpr int kBits = 6;
  static constexpr uint64_t kLinear = uint64_t{1} << kBits;

  static size_t BucketOf(uint64_t value) {
    if (value < kLinear) return value;
    const int shift = std::bit_width(value) - 1 - kBits;
    return (static_cast<uint64_t>(shift) << kBits) + (value >> shift);
  }
  static uint64_t FloorOf(size_t bucket) {
    if (bucket < 2 * kLinear) return bucket;
    const uint64_t shift = (bucket >> kBits) - 1;
    return (kLinear + (bucket & (kLinear - 1))) << shift;
  }

  std::vector<uint64_t> buckets_ = std::vector<uint64_t>(64 * kLinear);
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_LATENCY_H_
