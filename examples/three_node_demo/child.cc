#include "examples/three_node_demo/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil::demo {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

// Closed on exec: a sibling that held a write end would hide the end of its
// output.
absl::StatusOr<Pipe> MakePipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    return absl::InternalError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// Between fork and exec: only async-signal-safe calls, since the parent may
// have threads that held locks.
[[noreturn]] void Become(char* const* argv, int input, int output, int log,
                         pid_t parent) {
  // Dies with its parent, also if the parent died before this line.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  // A group of its own: Ctrl-C is for the supervisor, which ends its children
  // itself.
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Child>> Child::Spawn(
    const std::string& program, const std::vector<std::string>& arguments,
    const std::string& log) {
  auto to_child = MakePipe();
  if (!to_child.ok()) return to_child.status();
  auto from_child = MakePipe();
  if (!from_child.ok()) return from_child.status();
  const UniqueFd log_fd(
      open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log_fd.valid()) {
    return absl::InternalError(absl::StrCat(log, ": ", std::strerror(errno)));
  }
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& a : arguments)
    argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);

  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    return absl::InternalError(absl::StrCat("fork: ", std::strerror(errno)));
  }
  if (pid == 0) {
    Become(argv.data(), to_child->read.get(), from_child->write.get(),
           log_fd.get(), parent);
  }
  fcntl(from_child->read.get(), F_SETFL, O_NONBLOCK);
  fcntl(to_child->write.get(), F_SETFL, O_NONBLOCK);
  return std::unique_ptr<Child>(
      new Child(pid, std::move(to_child->write), std::move(from_child->read)));
}

Child::Child(pid_t pid, UniqueFd input, UniqueFd output)
    : pid_(pid), input_(std::move(input)), output_(std::move(output)) {}

Child::~Child() {
  Kill();
  Reap();
}

bool Child::Read(LineBuffer& lines) {
  char bytes[1 << 16];
  const ssize_t size = read(output_.get(), bytes, sizeof(bytes));
  if (size > 0) lines.Append({bytes, static_cast<size_t>(size)});
  return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

absl::Status Child::Write(std::string_view text) {
  // Below PIPE_BUF bytes a write is all or nothing.
  const ssize_t size = write(input_.get(), text.data(), text.size());
  if (size == static_cast<ssize_t>(text.size())) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("process ", pid_, " takes no command: ",
                   size < 0 ? std::strerror(errno) : "its pipe is full"));
}

void Child::Signal(int number) const {
  if (ending_.empty()) kill(pid_, number);
}

void Child::Kill() { Signal(SIGKILL); }
void Child::Pause() { Signal(SIGSTOP); }
void Child::Resume() { Signal(SIGCONT); }
void Child::Terminate() { Signal(SIGTERM); }

const std::string& Child::Reap() {
  if (!ending_.empty()) return ending_;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) {
    exit_status_ = WEXITSTATUS(status);
    ending_ = absl::StrCat("exited with status ", exit_status_);
  } else {
    ending_ = absl::StrCat("was killed by signal ", WTERMSIG(status), " (",
                           strsignal(WTERMSIG(status)), ")");
  }
  return ending_;
}

}  // namespace vigil::demo
