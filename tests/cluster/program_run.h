// ProgramRun: one run of a program that supervises nodes, as a process, and what it
// printed.
#ifndef VIGIL_TESTS_CLUSTER_PROGRAM_RUN_H_
#define VIGIL_TESTS_CLUSTER_PROGRAM_RUN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "examples/three_node_demo/child.h"
#include "examples/three_node_demo/line_buffer.h"
#include "tests/support/temp_dir.h"

namespace vigil::test {

class ProgramRun {
 public:
  // Starts it, with its temporary files below a folder of this run alone.
  ProgramRun(const std::string& program,
             const std::vector<std::string>& arguments);
  // Ends the program if it still runs, and removes the folder.
  ~ProgramRun();

  // Waits until a line with `text` was printed. False: it ended, or `timeout`
  // is over.
  bool AwaitLine(const std::string& text, absl::Duration timeout);

  // Waits until its output ends; kills it after `timeout`. Returns the exit
  // status; -1 if it did not exit by itself.
  int AwaitEnd(absl::Duration timeout);

  demo::Child& process() { return *process_; }
  const std::string& folder() const { return folder_.path(); }

  // Everything that was printed, stderr last: for the message of a failed test.
  std::string Output() const;

  // The last line on stdout: JSON, after a run to the end.
  std::string LastLine() const;
  // A field of that; empty if it is not there.
  std::string Field(const std::string& name) const;
  double Number(const std::string& name) const;  // NaN if it is not there

  // The pids of processes whose command line names this run's folder: its
  // nodes.
  std::vector<int> Nodes() const;

 private:
  bool ReadMore(absl::Time deadline);

  const TempDir folder_;
  std::unique_ptr<demo::Child> process_;
  demo::LineBuffer buffer_;
  std::vector<std::string> lines_;
};

}  // namespace vigil::test

#endif  // VIGIL_TESTS_CLUSTER_PROGRAM_RUN_H_
