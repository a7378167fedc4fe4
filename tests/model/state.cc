#include "tests/model/state.h"

#include <algorithm>
#include <type_traits>

namespace vigil::model {

// Compared and hashed as bytes.
static_assert(std::has_unique_object_representations_v<Member>);
static_assert(std::has_unique_object_representations_v<State>);

void State::Sort(int from, int to) {
  std::sort(members.begin() + from, members.begin() + to,
            [](const Member& a, const Member& b) {
              return std::memcmp(&a, &b, sizeof(Member)) < 0;
            });
}

}  // namespace vigil::model
