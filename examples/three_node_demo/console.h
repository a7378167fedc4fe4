// Console: the keyboard of a terminal, key by key, without echo.
//
// Lifetime: the destructor gives the terminal back as it was.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_CONSOLE_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_CONSOLE_H_

#include <termios.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace vigil::demo {

class Console {
 public:
  // kFailedPrecondition: stdin is not a terminal.
  static absl::StatusOr<std::unique_ptr<Console>> Open();

  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  int fd() const;

  // The keys that were pressed; waits if there are none. Empty: no more will
  // come.
  std::string Read();

 private:
  explicit Console(const termios& before) : before_(before) {}

  const termios before_;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_CONSOLE_H_
