// Outbox: the way of a node's process to its supervisor.
//
// Thread-safety: thread-safe; a report is one undivided line.
// Errors: when the supervisor is gone nobody is left to report to: the process
// ends.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_OUTBOX_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_OUTBOX_H_

#include <mutex>
#include <string_view>

#include "examples/three_node_demo/message.h"

namespace vigil::demo {

class Outbox {
 public:
  // Does not own `fd`.
  explicit Outbox(int fd) : fd_(fd) {}

  // Blocks while the pipe is full, which paces the writers to what the
  // supervisor can follow. What was sent is in the pipe: it outlives a SIGKILL
  // of this process.
  void Send(const Report& report);
  // The same with a line, which ends in a newline.
  void SendLine(std::string_view line);

 private:
  std::mutex mu_;  // held over the write: it is what keeps lines whole
  const int fd_;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_OUTBOX_H_
