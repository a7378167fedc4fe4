#include "engine/base/random.h"

namespace vigil {

uint64_t RandomFromSystem() {
  std::random_device device;
  uint64_t value = 0;
  while (value == 0) {
    value = (static_cast<uint64_t>(device()) << 32) | device();
  }
  return value;
}

}  // namespace vigil
