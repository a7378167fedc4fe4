// Entry: what is known of one key at one moment, copied out of the store.
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

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ENTRY_H_
