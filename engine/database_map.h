// DatabaseMap: which physical database each of the application's numbers means
// (databases.h).
//
// Thread-safety: Get() from any thread. It is changed with all shards locked, so what is
// read under any shard's lock is the present map, whole; what was read without a lock
// has to be compared under one before it counts.
#ifndef VIGIL_ENGINE_DATABASE_MAP_H_
#define VIGIL_ENGINE_DATABASE_MAP_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/databases.h"

namespace vigil::engine {

class DatabaseMap {
 public:
  DatabaseMap() { Set({}); }

  uint8_t Get(int logical) const {
    return physical_[static_cast<size_t>(logical)].load(
        std::memory_order_relaxed);
  }
  // What `bytes` does not say stays where it is named.
  void Set(std::string_view bytes) {
    for (size_t i = 0; i < physical_.size(); ++i)
      physical_[i] = static_cast<uint8_t>(i < bytes.size() ? bytes[i] : i);
  }
  std::string Bytes() const {
    std::string bytes;
    for (const auto& each : physical_)
      bytes.push_back(static_cast<char>(each.load()));
    return bytes;
  }

 private:
  std::array<std::atomic<uint8_t>, kDatabasesMax> physical_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_DATABASE_MAP_H_
