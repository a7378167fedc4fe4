// The records that the demo loads first: real data of the machine, or the
// user's.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_PACKAGE_FILE_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_PACKAGE_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace vigil::demo {

struct InputRecord {
  std::string key;
  std::string value;
  friend bool operator==(const InputRecord&, const InputRecord&) = default;
};

// Reads a package database of Debian if the name ends in "/status", else lines
// of key<TAB>value. Keys are unique in the result. kNotFound: no such file.
// kInvalidArgument names the file, the line and the fault.
absl::StatusOr<std::vector<InputRecord>> ReadInput(const std::string& path);

// Key "pkg:<name>", value the whole stanza. A name that appears once more, as
// it does for each further architecture, gets the key
// "pkg:<name>:<architecture>".
absl::StatusOr<std::vector<InputRecord>> ParsePackages(std::string_view text);

// One key<TAB>value a line; the value may hold tabs.
absl::StatusOr<std::vector<InputRecord>> ParseTabSeparated(
    std::string_view text);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_PACKAGE_FILE_H_
