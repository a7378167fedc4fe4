#include "examples/three_node_demo/console.h"

#include <unistd.h>

namespace vigil::demo {

absl::StatusOr<std::unique_ptr<Console>> Console::Open() {
  termios before;
  if (tcgetattr(STDIN_FILENO, &before) != 0) {
    return absl::FailedPreconditionError(
        "--interactive: stdin is not a terminal");
  }
  termios raw = before;
  // ISIG stays: Ctrl-C goes on to be a signal.
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  return std::unique_ptr<Console>(new Console(before));
}

Console::~Console() { tcsetattr(STDIN_FILENO, TCSANOW, &before_); }

int Console::fd() const { return STDIN_FILENO; }

std::string Console::Read() {
  char keys[64];
  const ssize_t size = read(STDIN_FILENO, keys, sizeof(keys));
  return size > 0 ? std::string(keys, static_cast<size_t>(size))
                  : std::string();
}

}  // namespace vigil::demo
