#include "engine/eviction.h"

#include "engine/eviction_queues.h"
#include "engine/eviction_sampling.h"

namespace vigil::engine {

std::unique_ptr<Evictor> MakeEvictor(EvictionPolicy policy, uint64_t seed,
                                     PageSource& pool) {
  switch (policy) {
    case EvictionPolicy::kNoEviction:
      return nullptr;
    case EvictionPolicy::kS3Fifo:
      return std::make_unique<S3Fifo>(pool);
    case EvictionPolicy::kSieve:
      return std::make_unique<Sieve>(pool);
    case EvictionPolicy::kAllkeysLru:
    case EvictionPolicy::kAllkeysLfu:
    case EvictionPolicy::kAllkeysRandom:
    case EvictionPolicy::kVolatileLru:
    case EvictionPolicy::kVolatileLfu:
    case EvictionPolicy::kVolatileRandom:
    case EvictionPolicy::kVolatileTtl:
      return std::make_unique<SamplingEvictor>(policy, seed);
  }
  return nullptr;
}

}  // namespace vigil::engine
