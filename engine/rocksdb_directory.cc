#include "engine/rocksdb_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace vigil::engine {
namespace {

absl::Status Denied(const std::string& dir, std::string_view what, int error) {
  return absl::PermissionDeniedError(absl::StrCat(
      "data_dir '", dir, "' ", absl::string_view(what.data(), what.size()),
      ": ", std::generic_category().message(error)));
}

// A new directory is there after a power cut only if its parent is synced.
absl::Status SyncParent(const std::string& dir) {
  std::filesystem::path path(dir);
  if (!path.has_filename()) path = path.parent_path();  // "a/b/" is "a/b"
  const std::string parent =
      path.has_parent_path() ? path.parent_path().string() : std::string(".");
  const int fd = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Denied(dir, "cannot be made durable", errno);
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  // Some file systems do not sync directories at all, and say so.
  if (error != 0 && error != EINVAL)
    return Denied(dir, "cannot be synced", error);
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareDirectory(const std::string& dir) {
  if (mkdir(dir.c_str(), 0700) == 0) {
    if (absl::Status s = SyncParent(dir); !s.ok()) return s;
  } else if (errno != EEXIST) {
    return Denied(dir, "cannot be created", errno);
  }
  struct stat info {};
  if (stat(dir.c_str(), &info) != 0)
    return Denied(dir, "cannot be used", errno);
  if (!S_ISDIR(info.st_mode)) return Denied(dir, "cannot be used", ENOTDIR);

  // Asking access() would be guessing: read-only mounts, quotas and root differ.
  const std::string probe =
      dir + "/probe.dbtmp";  // a name that RocksDB cleans up
  const int fd = open(probe.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return Denied(dir, "cannot be written", errno);
  close(fd);
  unlink(probe.c_str());
  return absl::OkStatus();
}

absl::Status DirectoryDamaged(const std::string& dir, std::string_view what) {
  return absl::DataLossError(absl::StrCat(
      "data_dir '", dir,
      "' is damaged: ", absl::string_view(what.data(), what.size()),
      "; restore a backup into an empty data_dir, or start with an empty one "
      "and let the node synchronise from its group"));
}

absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& dir) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator it(dir, error);
  const std::filesystem::directory_iterator end;
  for (; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  if (error) return Denied(dir, "cannot be read", error.value());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace vigil::engine
