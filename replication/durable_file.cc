#include "replication/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace vigil::replication {
namespace {

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace

DurableFile::DurableFile(const std::string& path) : path_(path) {
  const std::string folder = FolderOf(path);
  if (mkdir(folder.c_str(), 0700) == 0) {
    SyncDirectory(FolderOf(folder));
  } else if (errno != EEXIST) {
    Keep("its directory cannot be created", errno);
    return;
  }
  fd_ = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd_ < 0) Keep("cannot be created", errno);
}

DurableFile::~DurableFile() {
  if (fd_ >= 0) close(fd_);
}

void DurableFile::Keep(std::string_view what, int error) {
  if (!status_.ok()) return;
  status_ = absl::InternalError(
      absl::StrCat(path_, ": ", absl::string_view(what.data(), what.size()),
                   ": ", std::generic_category().message(error)));
}

void DurableFile::Append(std::string_view bytes) {
  while (status_.ok() && !bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      Keep("cannot be written", errno);
    }
  }
}

absl::Status DurableFile::Finish() {
  if (status_.ok() && fsync(fd_) != 0) Keep("cannot be synced", errno);
  if (status_.ok()) SyncDirectory(FolderOf(path_));
  return status_;
}

void DurableFile::SyncDirectory(const std::string& dir) {
  const int fd = open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Keep("its directory cannot be opened", errno);
  // Some file systems do not sync directories at all, and say so.
  if (fsync(fd) != 0 && errno != EINVAL)
    Keep("its directory cannot be synced", errno);
  close(fd);
}

}  // namespace vigil::replication
