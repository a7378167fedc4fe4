// Evictor: which key of a shard goes when memory is full.
//
// It sees every key but the engine's own come, be read and go, and keeps what it needs
// to know in the 24 access bits of each cell (and, for the queues, beside the table).
// Policies have the names and the meaning that they have in Redis; S3-FIFO and SIEVE are
// newer.
//
// Time: a tick of a tenth of a second, told by SetTick. Randomness: seeded.
// Thread-safety: thread-compatible. Lifetime: `table` outlives each call only.
#ifndef VIGIL_ENGINE_EVICTION_H_
#define VIGIL_ENGINE_EVICTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/cell.h"
#include "engine/page_source.h"
#include "engine/table.h"

namespace vigil::engine {

enum class EvictionPolicy {
  kNoEviction,
  kAllkeysLru,
  kAllkeysLfu,
  kAllkeysRandom,
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kS3Fifo,
  kSieve,
};

class Evictor {
 public:
  virtual ~Evictor() = default;

  // `cell` is new in the table. `loaded`: it comes from disk or a full sync, so
  // that it is not known when it came.
  virtual void Inserted(uint64_t hash, Cell& cell, bool loaded,
                        const Table& table) = 0;
  virtual void Accessed(Cell& cell) = 0;
  // `cell` is about to go; for good if the policy itself has chosen it.
  virtual void Erased(uint64_t hash, const Cell& cell, bool evicted) = 0;
  // The cell to evict next. nullptr: none is eligible, or, if only some keys are, none
  // was found in a bounded number of steps.
  virtual const Cell* Victim(const Table& table) = 0;
  // Whether it still knows much of keys that have gone. Tidy forgets some of that, in some
  // ten microseconds. REQUIRES: untidy().
  virtual bool untidy() const { return false; }
  virtual void Tidy(const Table& table) { (void)table; }
  virtual size_t bytes() const = 0;

  void SetTick(uint32_t tick) { tick_ = tick; }

 protected:
  uint32_t tick_ = 0;
};

// nullptr for kNoEviction. `pool` outlives it.
std::unique_ptr<Evictor> MakeEvictor(EvictionPolicy policy, uint64_t seed,
                                     PageSource& pool);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_EVICTION_H_
