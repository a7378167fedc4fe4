#include "tests/benchmarks/isolated.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/benchmarks/must.h"

namespace vigil::bench {
namespace {

[[noreturn]] void Become(const std::function<std::string()>& run, int output,
                         pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  const std::string result = run();
  size_t written = 0;
  while (written < result.size()) {
    const ssize_t size =
        write(output, result.data() + written, result.size() - written);
    if (size < 0 && errno != EINTR) _exit(1);
    if (size > 0) written += static_cast<size_t>(size);
  }
  // Without destructors of statics: they belong to the first process.
  _exit(0);
}

std::string ReadAll(int fd) {
  std::string text;
  char bytes[4096];
  for (;;) {
    const ssize_t size = read(fd, bytes, sizeof(bytes));
    if (size > 0) text.append(bytes, static_cast<size_t>(size));
    if (size == 0 || (size < 0 && errno != EINTR)) return text;
  }
}

}  // namespace

absl::StatusOr<std::string> RunIsolated(
    const std::function<std::string()>& run) {
  int fds[2];
  if (pipe(fds) != 0) {
    return absl::InternalError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    return absl::InternalError(absl::StrCat("fork: ", std::strerror(errno)));
  }
  if (pid == 0) {
    close(fds[0]);
    Become(run, fds[1], parent);
  }
  close(fds[1]);
  std::string text = ReadAll(fds[0]);
  close(fds[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) {
    return absl::InternalError(
        WIFSIGNALED(status)
            ? absl::StrCat("the process died of ", strsignal(WTERMSIG(status)))
            : absl::StrCat("the process ended with ", WEXITSTATUS(status)));
  }
  return text;
}

double MeasureIsolated(const std::function<double()>& run) {
  const std::string text =
      Must(RunIsolated([&] { return absl::StrFormat("%.17g", run()); }));
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace vigil::bench
