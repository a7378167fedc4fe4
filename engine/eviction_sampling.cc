#include "engine/eviction_sampling.h"

#include "engine/databases.h"

namespace vigil::engine {
namespace {

// Redis looks at 5 at a time and remembers the 16 best: as good as 16 at once, which
// lie beside each other here.
constexpr size_t kSamples = 16;
// Segments looked into before the policy gives up: with volatile-*, most may hold no
// key that expires.
constexpr int kSegmentsMax = 64;

constexpr uint32_t kLfuInit = 5;
constexpr double kLfuLogFactor = 10;
constexpr uint32_t kLfuMax = 255;
constexpr uint32_t kTickMask = 0xffffff;

bool IsVolatile(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileLru ||
         policy == EvictionPolicy::kVolatileLfu ||
         policy == EvictionPolicy::kVolatileRandom ||
         policy == EvictionPolicy::kVolatileTtl;
}

}  // namespace

SamplingEvictor::SamplingEvictor(EvictionPolicy policy, uint64_t seed)
    : policy_(policy),
      volatile_only_(IsVolatile(policy)),
      lfu_(policy == EvictionPolicy::kAllkeysLfu ||
           policy == EvictionPolicy::kVolatileLfu),
      random_(seed) {}

void SamplingEvictor::Inserted(uint64_t, Cell& cell, bool, const Table&) {
  cell.set_access(lfu_ ? Minute() << 8 | kLfuInit : tick_ & kTickMask);
}

uint32_t SamplingEvictor::DecayedCounter(const Cell& cell) const {
  const uint32_t counter = cell.access() & 0xff;
  const uint32_t passed = (Minute() - (cell.access() >> 8)) & 0xffff;
  return passed > counter ? 0 : counter - passed;
}

void SamplingEvictor::Accessed(Cell& cell) {
  if (!lfu_) {
    if (cell.access() != (tick_ & kTickMask))
      cell.set_access(tick_ & kTickMask);
    return;
  }
  uint32_t counter = DecayedCounter(cell);
  if (counter < kLfuMax) {
    const double base = counter > kLfuInit ? counter - kLfuInit : 0;
    // With probability 1 / (base * factor + 1).
    if (random_.Uniform(1 << 20) * (base * kLfuLogFactor + 1) < (1 << 20))
      ++counter;
  }
  cell.set_access(Minute() << 8 | counter);
}

double SamplingEvictor::Badness(const Cell& cell) {
  switch (policy_) {
    case EvictionPolicy::kAllkeysLru:
    case EvictionPolicy::kVolatileLru:
      return (tick_ - cell.access()) & kTickMask;
    case EvictionPolicy::kAllkeysLfu:
    case EvictionPolicy::kVolatileLfu:
      return kLfuMax - DecayedCounter(cell);
    case EvictionPolicy::kVolatileTtl:
      return -static_cast<double>(cell.expires_at().ms);
    case EvictionPolicy::kAllkeysRandom:
    case EvictionPolicy::kVolatileRandom:
    case EvictionPolicy::kNoEviction:
    case EvictionPolicy::kS3Fifo:
    case EvictionPolicy::kSieve:
      return 0;
  }
  return 0;
}

const Cell* SamplingEvictor::Victim(const Table& table) {
  const Cell* worst = nullptr;
  double badness = 0;
  size_t seen = 0;
  for (int tries = 0; seen < kSamples && tries < kSegmentsMax; ++tries) {
    uint64_t position = random_.Uniform(Table::kPositionEnd);
    table.Sample(position, random_.Next(), kSamples - seen, volatile_only_,
                 [&](const Cell& cell) {
                   // Never the engine's own.
                   if (cell.database() == kOwnDatabase) return;
                   const double bad = Badness(cell);
                   if (worst == nullptr || bad > badness) {
                     worst = &cell;
                     badness = bad;
                   }
                   ++seen;
                 });
  }
  return worst == nullptr && volatile_only_ ? FirstThatExpires(table) : worst;
}

// Where so few keys expire that no sample met one, the notes of the segments say where.
const Cell* SamplingEvictor::FirstThatExpires(const Table& table) {
  const Cell* found = nullptr;
  for (uint64_t at = 0; at < Table::kPositionEnd && found == nullptr;) {
    Table::Group group = const_cast<Table&>(table).Step(at);
    if (group.notes().earliest_expiry_ms == INT64_MAX) continue;
    group.ForEachExpiring([&](const Cell& cell) {
      if (cell.database() != kOwnDatabase) found = &cell;
      return found == nullptr;
    });
  }
  return found;
}

}  // namespace vigil::engine
