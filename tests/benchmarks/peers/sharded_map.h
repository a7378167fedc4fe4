// ShardedMap: what an application would write itself: a fast hash map of strings,
// cut into 64, a reader-writer lock around each.
//
// It keeps nothing on disk, tells nobody of a write, and expires and evicts
// nothing. The key is hashed once for shard and slot.
//
// Thread-safety: thread-safe.
#ifndef VIGIL_TESTS_BENCHMARKS_PEERS_SHARDED_MAP_H_
#define VIGIL_TESTS_BENCHMARKS_PEERS_SHARDED_MAP_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace vigil::bench {

class ShardedMap {
 public:
  std::optional<std::string> Get(std::string_view key) const {
    const absl::string_view bytes(key.data(), key.size());
    const size_t hash = Hash(bytes);
    const Shard& shard = shards_[hash >> kShift];
    absl::ReaderMutexLock lock(&shard.mu);
    const auto it = shard.map.find(bytes, hash);
    if (it == shard.map.end()) return std::nullopt;
    return it->second;
  }

  void Set(std::string_view key, std::string_view value) {
    const absl::string_view bytes(key.data(), key.size());
    const size_t hash = Hash(bytes);
    Shard& shard = shards_[hash >> kShift];
    absl::MutexLock lock(&shard.mu);
    const auto it = shard.map.find(bytes, hash);
    if (it != shard.map.end()) {
      it->second.assign(value);
    } else {
      shard.map.emplace(bytes, value);
    }
  }

 private:
  using Map = absl::flat_hash_map<std::string, std::string>;
  static constexpr int kShift = 58;  // the upper 6 bits: the map uses the lower

  struct alignas(64) Shard {
    mutable absl::Mutex mu;
    Map map ABSL_GUARDED_BY(mu);
  };

  static size_t Hash(absl::string_view key) { return Map::hasher{}(key); }

  std::array<Shard, 64> shards_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_PEERS_SHARDED_MAP_H_
