// What a program has in the place of seeded bugs that has none.
#include "tests/simulation/seeded.h"

namespace vigil::seeded {

const std::vector<Bug>& Bugs() {
  static const std::vector<Bug> none;
  return none;
}

}  // namespace vigil::seeded
