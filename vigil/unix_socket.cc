#include "vigil/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace vigil {
namespace {

absl::Status Wrong(const std::string& address, const std::string& why) {
  return absl::UnavailableError(
      absl::StrCat("cannot listen on '", address, "': ", why));
}

std::string Words(int error) { return std::generic_category().message(error); }

// 0: somebody accepts on the socket; else why not.
int Connect(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof(name.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  const int result =
      connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name));
  const int error = result == 0 ? 0 : errno;
  close(fd);
  return error;
}

}  // namespace

absl::Status CheckUnixSocket(const std::string& address) {
  if (!address.starts_with("unix:")) return absl::OkStatus();
  std::string path = address.substr(5);
  if (path.starts_with("//")) path = path.substr(2);
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  struct stat found {};
  if (stat(folder.c_str(), &found) != 0)
    return Wrong(address, absl::StrCat("'", folder, "': ", Words(errno)));
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return Wrong(address, absl::StrCat("'", folder, "': ", Words(errno)));
  if (lstat(path.c_str(), &found) != 0) {
    return errno == ENOENT ? absl::OkStatus() : Wrong(address, Words(errno));
  }
  if (!S_ISSOCK(found.st_mode))
    return Wrong(address, "something that is no socket is there");
  const int error = Connect(path);
  if (error == ECONNREFUSED) return absl::OkStatus();
  if (error == 0 || error == EAGAIN)  // EAGAIN: its queue is full
    return Wrong(address, "another process listens on it");
  return Wrong(address, Words(error));
}

}  // namespace vigil
