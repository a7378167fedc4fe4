// Entry: the present value of one key.
#ifndef VIGIL_ENGINE_ENTRY_H_
#define VIGIL_ENGINE_ENTRY_H_

#include <cstdint>
#include <string>

#include "engine/base/clock.h"

namespace vigil::engine {

struct Entry {
  std::string value;
  uint64_t version = 0;  // index of the record that last changed it
  WallTime expires_at;   // zero: never
};

// Reads hide an expired entry on every node; only the master deletes it.
inline bool IsExpired(const Entry& entry, WallTime now) {
  return entry.expires_at != WallTime{} && entry.expires_at <= now;
}

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ENTRY_H_
