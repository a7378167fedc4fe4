#include "examples/three_node_demo/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include <cstring>

namespace vigil::demo {

Signals::Signals() {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    sigaddset(&ending, number);
  }
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  // A reader of our output that left must not end us before we have cleaned up.
  signal(SIGPIPE, SIG_IGN);
  fd_ = UniqueFd(signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
}

std::string Signals::Take() {
  signalfd_siginfo info{};
  if (read(fd_.get(), &info, sizeof(info)) != sizeof(info)) return "a signal";
  return strsignal(static_cast<int>(info.ssi_signo));
}

}  // namespace vigil::demo
