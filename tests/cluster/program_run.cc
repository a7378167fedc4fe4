#include "tests/cluster/program_run.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace vigil::test {
namespace fs = std::filesystem;
namespace {

std::string ContentOf(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

ProgramRun::ProgramRun(const std::string& program,
                       const std::vector<std::string>& arguments) {
  fs::create_directory(folder() + "/tmp");
  // env(1) instead of setenv: this process keeps its own TMPDIR.
  std::vector<std::string> command{"TMPDIR=" + folder() + "/tmp", program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto process =
      demo::Child::Spawn("/usr/bin/env", command, folder() + "/stderr");
  EXPECT_TRUE(process.ok()) << process.status();
  process_ = *std::move(process);
}

ProgramRun::~ProgramRun() {
  // Kindly first, so that it removes what it made; Child's destructor kills.
  process_->Terminate();
  AwaitEnd(absl::Seconds(20));
}

bool ProgramRun::ReadMore(absl::Time deadline) {
  const absl::Duration left = deadline - absl::Now();
  if (left <= absl::ZeroDuration()) return false;
  pollfd output{process_->output_fd(), POLLIN, 0};
  poll(&output, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
  const bool open = output.revents == 0 || process_->Read(buffer_);
  while (const auto line = buffer_.Next()) lines_.emplace_back(*line);
  return open;
}

bool ProgramRun::AwaitLine(const std::string& text, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  size_t next = 0;
  bool open = true;
  while (open || next < lines_.size()) {
    for (; next < lines_.size(); ++next) {
      if (lines_[next].find(text) != std::string::npos) return true;
    }
    open = ReadMore(deadline);
  }
  return false;
}

int ProgramRun::AwaitEnd(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (ReadMore(deadline)) {
  }
  if (absl::Now() >= deadline) process_->Kill();
  process_->Reap();
  return process_->exit_status();
}

std::string ProgramRun::Output() const {
  std::string out;
  for (const std::string& line : lines_) absl::StrAppend(&out, line, "\n");
  return absl::StrCat(out, "-- stderr\n", ContentOf(folder() + "/stderr"));
}

std::string ProgramRun::LastLine() const {
  return lines_.empty() ? std::string() : lines_.back();
}

std::string ProgramRun::Field(const std::string& name) const {
  const std::string json = LastLine();
  const std::string label = "\"" + name + "\":";
  const size_t begin = json.find(label);
  if (begin == std::string::npos) return "";
  const size_t from = begin + label.size();
  const size_t end = json[from] == '[' ? json.find(']', from) + 1
                                       : json.find_first_of(",}", from);
  return json.substr(from, end - from);
}

double ProgramRun::Number(const std::string& name) const {
  const std::string text = Field(name);
  return text.empty() ? std::nan("") : std::stod(text);
}

std::vector<int> ProgramRun::Nodes() const {
  std::vector<int> pids;
  std::error_code ignored;  // processes come and go
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const int pid = std::atoi(entry.path().filename().c_str());
    if (pid == 0 || pid == process_->pid()) continue;
    if (ContentOf(entry.path() / "cmdline").find(folder()) !=
        std::string::npos) {
      pids.push_back(pid);
    }
  }
  return pids;
}

}  // namespace vigil::test
