#include "tests/cluster/chaos/sandbox.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/unique_fd.h"

namespace vigil::chaos {
namespace {

absl::Status Failed(const char* what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

absl::Status Write(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file ? absl::OkStatus() : Failed(path);
}

absl::Status RaiseLoopback() {
  const demo::UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  return fd.valid() && ioctl(fd.get(), SIOCSIFFLAGS, &request) == 0
             ? absl::OkStatus()
             : Failed("loopback device");
}

}  // namespace

absl::Status EnterSandbox() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  int flags = CLONE_NEWNET | CLONE_NEWNS;
  if (user != 0) flags |= CLONE_NEWUSER;
  if (unshare(flags) != 0) return Failed("namespaces of our own");
  if (absl::Status s = RaiseLoopback(); !s.ok()) return s;
  if (user != 0) {
    // Before a group may be named it must be given up to become another one.
    const absl::Status steps[] = {
        Write("/proc/self/setgroups", "deny"),
        Write("/proc/self/uid_map", absl::StrCat("0 ", user, " 1")),
        Write("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"))};
    for (const absl::Status& step : steps) {
      if (!step.ok()) return step;
    }
  }
  // Else what is mounted here would be mounted for everybody.
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return Failed("mounts of our own");
  return absl::OkStatus();
}

}  // namespace vigil::chaos
