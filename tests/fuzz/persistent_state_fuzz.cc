// A sentinel's state: what decodes is encoded to what decodes to the same.
#include "sentinel/persistent_state.h"
#include "tests/fuzz/fuzz_target.h"

namespace vigil::fuzz {

void TryOne(std::string_view bytes) {
  const auto state = sentinel::DecodePersistentState(bytes);
  if (!state.ok()) return;
  const auto again = sentinel::DecodePersistentState(sentinel::Encode(*state));
  Require(again.ok() && *again == *state, "it comes back as it was");
}

std::vector<std::string> Seeds() {
  return {sentinel::Encode({{0xa1}, 7, {7, {0xb2}}}), sentinel::Encode({})};
}

}  // namespace vigil::fuzz
