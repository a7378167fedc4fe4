// MemberProcess: a member of the measured group in a process of its own
// (benchmark_member).
//
// Thread-safety: none; one thread, which must live as long as this object.
// Lifetime: the destructor kills it.
// Errors: end the measurement (must.h); what the member logged is then on stderr.
#ifndef VIGIL_TESTS_BENCHMARKS_MEMBER_PROCESS_H_
#define VIGIL_TESTS_BENCHMARKS_MEMBER_PROCESS_H_

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "examples/three_node_demo/child.h"
#include "examples/three_node_demo/line_buffer.h"
#include "tests/benchmarks/member_message.h"
#include "tests/benchmarks/member_options.h"

namespace vigil::bench {

class MemberProcess {
 public:
  // `log`: a file. Starts it.
  MemberProcess(const member::MemberOptions& options, std::string log);

  // After Kill().
  void Restart();
  // SIGKILL. Nothing if it does not run.
  void Kill();
  bool runs() const { return child_ != nullptr; }

  void Send(const member::Command& command);

  // Its answer to the last command.
  template <typename Report>
  Report Answer(absl::Duration timeout = absl::Seconds(60)) {
    const member::Report report = NextReport(timeout);
    const auto* wanted = std::get_if<Report>(&report);
    if (wanted == nullptr) Fail("another answer was expected");
    return *wanted;
  }

  member::Seen Look();
  // Looks every two milliseconds, until `done`; `what`: for the error.
  member::Seen Await(const std::string& what,
                     const std::function<bool(const member::Seen&)>& done,
                     absl::Duration timeout = absl::Seconds(60));
  const member::MemberOptions& options() const { return options_; }

 private:
  member::Report NextReport(absl::Duration timeout);
  [[noreturn]] void Fail(const std::string& why);

  const member::MemberOptions options_;
  const std::string log_;
  std::unique_ptr<demo::Child> child_;
  demo::LineBuffer lines_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_MEMBER_PROCESS_H_
