// Child: one process that this one started, with pipes to its stdin and stdout.
//
// Lifetime: it never outlives this object, nor this process however that ends:
// the kernel kills it when the thread that started it is gone. Thread-safety:
// none; use one thread, which must live as long as the child.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_CHILD_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_CHILD_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/three_node_demo/line_buffer.h"
#include "examples/three_node_demo/unique_fd.h"

namespace vigil::demo {

class Child {
 public:
  // Runs `program` with `arguments`; its stderr is appended to the file `log`.
  static absl::StatusOr<std::unique_ptr<Child>> Spawn(
      const std::string& program, const std::vector<std::string>& arguments,
      const std::string& log);

  // Kills it if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  // Readable when there is something to Read.
  int output_fd() const { return output_.get(); }

  // Takes what its stdout has to offer, without waiting. False when that has
  // ended: nothing more will come, and Reap will not wait long.
  bool Read(LineBuffer& lines);

  // Writes to its stdin. kUnavailable: it does not read, or is gone.
  absl::Status Write(std::string_view text);

  void Kill();       // SIGKILL: no last word
  void Pause();      // SIGSTOP
  void Resume();     // SIGCONT
  void Terminate();  // SIGTERM

  // Waits for its end and tells how it ended: "exited with status 1", "was
  // killed by signal 9 (Killed)".
  const std::string& Reap();
  // The status of a process that exited by itself; -1 if not so. REQUIRES:
  // Reap.
  int exit_status() const { return exit_status_; }

 private:
  Child(pid_t pid, UniqueFd input, UniqueFd output);
  void Signal(int number) const;

  const pid_t pid_;
  UniqueFd input_;
  UniqueFd output_;
  std::string
      ending_;  // empty until reaped: before that, the pid is surely ours
  int exit_status_ = -1;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_CHILD_H_
