// Runs a program of the system (ip, nft, tc) and waits for its end.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_TOOL_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_TOOL_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace vigil::chaos {

// `command`: the program and its arguments, separated by single blanks. kNotFound: it is
// not installed. kInternal: it failed; the message has what it said, which goes by way of
// the file `log`.
absl::Status RunTool(std::string_view command, const std::string& log);

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_TOOL_H_
