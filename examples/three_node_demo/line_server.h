// ServeLines: obeys what a supervisor says, line by line, on standard input.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_LINE_SERVER_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_LINE_SERVER_H_

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

namespace vigil::demo {

// Calls obey(line) for each line, and between(), once every `period` or sooner, until
// obey() returns false or the input ends.
void ServeLines(absl::Duration period,
                absl::FunctionRef<bool(std::string_view line)> obey,
                absl::FunctionRef<void()> between);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_LINE_SERVER_H_
