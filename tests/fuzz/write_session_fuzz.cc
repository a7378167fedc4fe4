// What the group remembers of a forwarded write, and what came of it: what is read is
// written as the same again.
#include "tests/fuzz/fuzz_target.h"
#include "vigil/outcome.h"
#include "vigil/write_session.h"

namespace vigil::fuzz {

void TryOne(std::string_view bytes) {
  if (const auto entry = DecodeSessionEntry(bytes); entry.ok()) {
    const std::string written = EncodeSessionEntry(*entry);
    const auto again = DecodeSessionEntry(written);
    Require(again.ok() && again->sequence == entry->sequence &&
                again->verdict == entry->verdict &&
                EncodeSessionEntry(*again) == written,
            "an entry comes back as it was");
  }
  if (const auto outcome = DecodeOutcome(bytes); outcome.ok()) {
    const std::string written = EncodeOutcome(*outcome);
    const auto again = DecodeOutcome(written);
    Require(again.ok() && EncodeOutcome(*again) == written,
            "an outcome comes back as it was");
  }
}

std::vector<std::string> Seeds() {
  const std::string outcome = EncodeOutcome(
      {.results = {{.applied = true, .integer = -3}, {.real = 0.5, .size = 9}},
       .previous = Value{.data = "old", .version = 300}});
  return {outcome, EncodeOutcome({}),
          EncodeSessionEntry({.sequence = 300, .outcome = outcome}),
          EncodeSessionEntry(
              {.sequence = 1, .verdict = absl::AbortedError("a condition")})};
}

}  // namespace vigil::fuzz
