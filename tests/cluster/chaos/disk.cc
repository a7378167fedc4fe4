#include "tests/cluster/chaos/disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/unique_fd.h"

namespace vigil::chaos {
namespace {

// Many times what a node of a long run takes.
constexpr char kSize[] = "size=512m";

absl::Status Failed(const std::string& what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Disk>> Disk::Make(const std::string& path,
                                                 bool own) {
  std::error_code error;
  if (!std::filesystem::create_directory(path, error))
    return absl::InternalError(absl::StrCat(path, ": ", error.message()));
  if (own && mount("tmpfs", path.c_str(), "tmpfs", 0, kSize) != 0)
    return Failed("tmpfs at " + path);
  return std::unique_ptr<Disk>(new Disk(path, own));
}

Disk::~Disk() {
  if (own_) umount2(path_.c_str(), MNT_DETACH);
}

absl::Status Disk::Fill() {
  const demo::UniqueFd file(
      open(balloon().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file.valid()) return Failed(balloon());
  // The node writes, too: what was free a moment ago may not be.
  for (uint64_t but_bytes = 0;; but_bytes += 64 << 10) {
    struct statvfs room;
    if (statvfs(path_.c_str(), &room) != 0) return Failed(path_);
    const uint64_t left = room.f_bavail * room.f_frsize;
    if (left <= but_bytes) return absl::OkStatus();
    const auto bytes = static_cast<off_t>(left - but_bytes);
    const int error = posix_fallocate(file.get(), 0, bytes);
    if (error == 0) return absl::OkStatus();
    errno = error;
    if (error != ENOSPC) return Failed(balloon());
  }
}

absl::Status Disk::Empty() {
  return unlink(balloon().c_str()) == 0 || errno == ENOENT ? absl::OkStatus()
                                                           : Failed(balloon());
}

}  // namespace vigil::chaos
