#include "engine/hash.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace vigil::engine {

uint64_t HashKey(uint8_t database, std::string_view key, uint64_t seed) {
  // An odd constant spreads the databases over all seeds.
  return XXH3_64bits_withSeed(key.data(), key.size(),
                              seed + database * 0x9E3779B97F4A7C15u);
}

}  // namespace vigil::engine
