// Keyspaces: all shards of a data set, not locked: while it is loaded or staged.
//
// Thread-safety: thread-compatible; Load of entries of different shards may run at
// the same time.
#ifndef VIGIL_ENGINE_KEYSPACES_H_
#define VIGIL_ENGINE_KEYSPACES_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/databases.h"
#include "engine/hash.h"
#include "engine/keyspace.h"
#include "engine/record.h"

namespace vigil::engine {

// Applies the effects of `record`, each to its shard: at(n) is the n-th of `shards`
// keyspaces. A flush goes to all of them.
template <typename At>
void ApplyTo(const RecordView& record, uint64_t seed, size_t shards, At at) {
  ForEachEffect(record, [&](const RecordView& effect) {
    const uint64_t hash = HashKey(effect.database, effect.key, seed);
    at(ShardOf(hash, shards)).Apply(hash, effect);
    if (effect.database != kOwnDatabase) return;
    if (const auto flushed = FlushedBy(effect.key)) {
      for (size_t i = 0; i < shards; ++i) at(i).Flush(*flushed, effect.index);
    }
  });
}

class Keyspaces {
 public:
  Keyspaces(const KeyspaceOptions& options, size_t shards, PageSource& pool)
      : seed_(options.hash_seed) {
    shards_.reserve(shards);
    for (size_t i = 0; i < shards; ++i) shards_.emplace_back(options, pool);
  }

  size_t size() const { return shards_.size(); }
  uint64_t seed() const { return seed_; }
  Keyspace& operator[](size_t shard) { return shards_[shard]; }

  void Apply(const RecordView& record) {
    ApplyTo(record, seed_, size(),
            [&](size_t i) -> Keyspace& { return shards_[i]; });
  }
  // An entry of a stored state. What it says about databases counts from
  // Flush() on, which whoever loads calls at the end.
  void Load(const RecordView& entry) {
    const uint64_t hash = HashKey(entry.database, entry.key, seed_);
    shards_[ShardOf(hash, size())].Load(hash, entry);
  }
  void Flush(uint8_t database, uint64_t floor) {
    for (Keyspace& keyspace : shards_) keyspace.Flush(database, floor);
  }

 private:
  uint64_t seed_;
  std::vector<Keyspace> shards_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_KEYSPACES_H_
