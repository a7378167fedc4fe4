// MemoryNeed: what a write does to the memory of the keys that it changes, more or less.
//
// Pure.
#ifndef VIGIL_ENGINE_MEMORY_NEED_H_
#define VIGIL_ENGINE_MEMORY_NEED_H_

#include <cstddef>
#include <string_view>

namespace vigil::engine {

struct MemoryNeed {
  // Of the same keys, before and after the write.
  size_t before = 0;
  size_t after = 0;

  size_t growth() const { return after > before ? after - before : 0; }

  // A key: its name, its value, and what there may be beside them: a cell's fields, a
  // slot, some rounding.
  static size_t Of(std::string_view key, std::string_view value) {
    constexpr size_t kKeyOverhead = 64;
    return key.size() + value.size() + kKeyOverhead;
  }
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_MEMORY_NEED_H_
