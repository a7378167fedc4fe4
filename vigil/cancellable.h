// Cancellable: what an AsyncOperation can cancel, by a number of its own.
#ifndef VIGIL_CANCELLABLE_H_
#define VIGIL_CANCELLABLE_H_

#include <cstdint>

namespace vigil {

// Thread-safe.
class Cancellable {
 public:
  virtual ~Cancellable() = default;
  // Nothing if it has ended already.
  virtual void Cancel(uint64_t number) = 0;
};

}  // namespace vigil

#endif  // VIGIL_CANCELLABLE_H_
