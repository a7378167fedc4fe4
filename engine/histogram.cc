#include "engine/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/base/thread_slot.h"

namespace vigil::engine {

size_t Histogram::BucketOf(uint64_t ns) {
  if (ns < kSub) return ns;
  const int power = std::bit_width(ns) - 1;
  if (power >= kValueBits) return kBuckets - 1;
  // The highest bit says which row, the kSubBits after it say where in the row.
  const int shift = power - kSubBits;
  return static_cast<size_t>(shift) * kSub + (ns >> shift);
}

uint64_t Histogram::LowestIn(size_t bucket) {
  if (bucket < 2 * kSub) return bucket;
  const size_t shift = bucket / kSub - 1;
  return (kSub + bucket % kSub) << shift;
}

uint64_t Histogram::WidthOf(size_t bucket) {
  return bucket < 2 * kSub ? 1 : uint64_t{1} << (bucket / kSub - 1);
}

void Histogram::Record(int64_t signed_ns) {
  const uint64_t ns =
      signed_ns > 0 ? static_cast<uint64_t>(signed_ns) : uint64_t{0};
  Stripe& stripe = stripes_[static_cast<size_t>(ThisThreadSlot()) % kStripes];
  stripe.buckets[BucketOf(ns)].fetch_add(1, std::memory_order_relaxed);
  stripe.sum.fetch_add(ns, std::memory_order_relaxed);
  uint64_t max = stripe.max.load(std::memory_order_relaxed);
  while (ns > max && !stripe.max.compare_exchange_weak(
                         max, ns, std::memory_order_relaxed)) {
  }
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot all;
  for (const Stripe& stripe : stripes_) {
    for (size_t i = 0; i < kBuckets; ++i) {
      all.buckets[i] += stripe.buckets[i].load(std::memory_order_relaxed);
    }
    all.sum_ns += stripe.sum.load(std::memory_order_relaxed);
    all.max_ns =
        std::max(all.max_ns, stripe.max.load(std::memory_order_relaxed));
  }
  // Counted from the buckets, so that percentiles are of what is there.
  for (const uint64_t bucket : all.buckets) all.count += bucket;
  return all;
}

absl::Duration Histogram::Snapshot::Percentile(double percent) const {
  if (count == 0) return absl::ZeroDuration();
  const double share = percent / 100.0 * static_cast<double>(count);
  const auto wanted =
      std::clamp(static_cast<uint64_t>(std::ceil(share)), uint64_t{1}, count);
  // The longest one is known exactly.
  if (wanted == count) return absl::Nanoseconds(max_ns);
  uint64_t seen = 0;
  size_t bucket = 0;
  while ((seen += buckets[bucket]) < wanted) ++bucket;
  const uint64_t middle = LowestIn(bucket) + WidthOf(bucket) / 2;
  return absl::Nanoseconds(std::min(middle, max_ns));
}

absl::Duration Histogram::Snapshot::Mean() const {
  return count == 0 ? absl::ZeroDuration() : absl::Nanoseconds(sum_ns / count);
}

}  // namespace vigil::engine
