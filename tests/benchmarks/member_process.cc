#include "tests/benchmarks/member_process.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/line_codec.h"
#include "examples/three_node_demo/poller.h"
#include "tests/benchmarks/must.h"

namespace vigil::bench {
namespace {

// Beside this program.
std::string MemberProgram() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() /
          "benchmark_member")
      .string();
}

}  // namespace

MemberProcess::MemberProcess(const member::MemberOptions& options,
                             std::string log)
    : options_(options), log_(std::move(log)) {
  Restart();
}

void MemberProcess::Restart() {
  lines_ = {};
  child_ = Must(
      demo::Child::Spawn(MemberProgram(), member::ToArguments(options_), log_));
}

void MemberProcess::Kill() { child_ = nullptr; }

void MemberProcess::Send(const member::Command& command) {
  Must(child_->Write(demo::line_codec::Encode(command)));
}

member::Report MemberProcess::NextReport(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  for (;;) {
    if (const auto line = lines_.Next())
      return Must(demo::line_codec::Decode<member::Report>(*line));
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) Fail("does not answer");
    bool readable = false;
    demo::PollOnce({{child_->output_fd(), [&] { readable = true; }}}, left);
    if (readable && !child_->Read(lines_)) Fail(child_->Reap());
  }
}

member::Seen MemberProcess::Look() {
  Send(member::Look{});
  return Answer<member::Seen>();
}

member::Seen MemberProcess::Await(
    const std::string& what,
    const std::function<bool(const member::Seen&)>& done,
    absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  for (;;) {
    const member::Seen seen = Look();
    if (done(seen)) return seen;
    if (absl::Now() > deadline) Fail("no " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void MemberProcess::Fail(const std::string& why) {
  std::cerr << std::ifstream(log_).rdbuf();
  Must(
      absl::InternalError(absl::StrCat("member '", options_.node, "': ", why)));
  std::abort();  // not reached
}

}  // namespace vigil::bench
