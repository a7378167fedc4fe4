// SamplingEvictor: Redis' policies. Looks at some keys and takes the worst of them.
//
// LRU keeps the tick of the last access; LFU keeps Morris' probabilistic counter and
// when it last decayed, with Redis' constants (lfu-log-factor 10, lfu-decay-time 1
// minute, new keys begin at 5). See redis.io/docs, "Key eviction".
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_ENGINE_EVICTION_SAMPLING_H_
#define VIGIL_ENGINE_EVICTION_SAMPLING_H_

#include "engine/base/random.h"
#include "engine/eviction.h"

namespace vigil::engine {

class SamplingEvictor final : public Evictor {
 public:
  // REQUIRES: one of Redis' policies that evict.
  SamplingEvictor(EvictionPolicy policy, uint64_t seed);

  void Inserted(uint64_t hash, Cell& cell, bool loaded,
                const Table& table) override;
  void Accessed(Cell& cell) override;
  void Erased(uint64_t, const Cell&, bool) override {}
  const Cell* Victim(const Table& table) override;
  size_t bytes() const override { return 0; }

 private:
  // The higher, the better a victim.
  static const Cell* FirstThatExpires(const Table& table);
  double Badness(const Cell& cell);
  uint32_t DecayedCounter(const Cell& cell) const;
  uint32_t Minute() const { return tick_ / 600 & 0xffff; }

  const EvictionPolicy policy_;
  const bool volatile_only_;
  const bool lfu_;
  Random random_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_EVICTION_SAMPLING_H_
