#include "examples/three_node_demo/line_server.h"

#include <poll.h>
#include <unistd.h>

#include "examples/three_node_demo/line_buffer.h"

namespace vigil::demo {

void ServeLines(absl::Duration period,
                absl::FunctionRef<bool(std::string_view)> obey,
                absl::FunctionRef<void()> between) {
  const int period_ms = static_cast<int>(absl::ToInt64Milliseconds(period));
  LineBuffer lines;
  for (;;) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, period_ms) > 0) {
      char bytes[4096];
      const ssize_t size = read(STDIN_FILENO, bytes, sizeof(bytes));
      if (size <= 0) return;
      lines.Append({bytes, static_cast<size_t>(size)});
      while (const auto line = lines.Next()) {
        if (!obey(*line)) return;
      }
    }
    between();
  }
}

}  // namespace vigil::demo
