// The hash of a key: it says on which slice of the disk, in which shard, in which
// segment and at which slot a key lives.
//
//     63      58 57           48 47                      15 14        0
//     | slice  |               |  segment, from above     |   tag     |
//     | shard, from above      |
//
// XXH3 with a secret seed: who chooses keys cannot choose where they fall. The seed
// is kept by the storage, so that the state on disk stays sorted by slice.
#ifndef VIGIL_ENGINE_HASH_H_
#define VIGIL_ENGINE_HASH_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vigil::engine {

// The same key in two databases is two keys.
uint64_t HashKey(uint8_t database, std::string_view key, uint64_t seed);

inline constexpr int kSliceBits = 6;

inline int SliceOf(uint64_t hash) {
  return static_cast<int>(hash >> (64 - kSliceBits));
}

// `shards` is a power of two, up to 2^16.
inline size_t ShardOf(uint64_t hash, size_t shards) {
  return static_cast<size_t>((hash >> 48) * shards >> 16);
}

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_HASH_H_
