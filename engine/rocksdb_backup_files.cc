#include "engine/rocksdb_backup_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace vigil::engine {
namespace {

constexpr size_t kBlockBytes = 1 << 20;

absl::Status Failed(const std::string& path, const char* what, int error) {
  const std::string message =
      absl::StrCat("'", path, "' cannot be ", what, ": ",
                   std::generic_category().message(error));
  return error == ENOENT ? absl::NotFoundError(message)
                         : absl::InternalError(message);
}

class File {
 public:
  static absl::StatusOr<File> Open(const std::string& path, int flags) {
    const int fd = open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (fd < 0) return Failed(path, "opened", errno);
    return File(fd, path);
  }
  File(File&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&&) = delete;
  ~File() {
    if (fd_ >= 0) close(fd_);
  }

  // Calls `on_block` for each block of the file.
  absl::Status Read(
      absl::FunctionRef<absl::Status(std::string_view)> on_block) {
    const auto block = std::make_unique<char[]>(kBlockBytes);
    for (;;) {
      const ssize_t got = read(fd_, block.get(), kBlockBytes);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Failed(path_, "read", errno);
      if (got == 0) return absl::OkStatus();
      absl::Status s =
          on_block(std::string_view(block.get(), static_cast<size_t>(got)));
      if (!s.ok()) return s;
    }
  }
  absl::Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = write(fd_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return Failed(path_, "written", errno);
      bytes.remove_prefix(static_cast<size_t>(put));
    }
    return absl::OkStatus();
  }
  absl::Status Sync() {
    // Some file systems do not sync directories at all, and say so.
    if (fsync(fd_) == 0 || errno == EINVAL) return absl::OkStatus();
    return Failed(path_, "synced", errno);
  }

 private:
  File(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::string path_;
};

// The size and the checksum of what is passed through.
class Measure {
 public:
  Measure() : state_(XXH3_createState(), XXH3_freeState) {
    XXH3_64bits_reset(state_.get());
  }
  void Add(std::string_view bytes) {
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
    bytes_ += bytes.size();
  }
  BackupFile Finish(const std::string& name) const {
    return {name, bytes_, XXH3_64bits_digest(state_.get())};
  }

 private:
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
  uint64_t bytes_ = 0;
};

std::string PathOf(const std::string& dir, const std::string& name) {
  return absl::StrCat(dir, "/", name);
}

}  // namespace

absl::StatusOr<BackupFile> MeasureFile(const std::string& dir,
                                       const std::string& name, bool sync,
                                       const Limit& limit,
                                       ProgressMeter& meter) {
  absl::StatusOr<File> file = File::Open(PathOf(dir, name), O_RDONLY);
  if (!file.ok()) return file.status();
  Measure measure;
  absl::Status s = file->Read([&](std::string_view block) {
    measure.Add(block);
    meter.Add(block.size());
    return limit.Check();
  });
  if (s.ok() && sync) s = file->Sync();
  if (!s.ok()) return s;
  return measure.Finish(name);
}

absl::StatusOr<BackupFile> CopyFile(const std::string& from_dir,
                                    const std::string& to_dir,
                                    const std::string& name, const Limit& limit,
                                    ProgressMeter& meter) {
  absl::StatusOr<File> from = File::Open(PathOf(from_dir, name), O_RDONLY);
  if (!from.ok()) return from.status();
  absl::StatusOr<File> to =
      File::Open(PathOf(to_dir, name), O_WRONLY | O_CREAT | O_EXCL);
  if (!to.ok()) return to.status();
  Measure measure;
  absl::Status s = from->Read([&](std::string_view block) {
    measure.Add(block);
    meter.Add(block.size());
    const absl::Status within = limit.Check();
    return within.ok() ? to->Write(block) : within;
  });
  if (s.ok()) s = to->Sync();
  if (!s.ok()) return s;
  return measure.Finish(name);
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& dir,
                                          const std::string& name) {
  absl::StatusOr<File> file = File::Open(PathOf(dir, name), O_RDONLY);
  if (!file.ok()) return file.status();
  std::string bytes;
  absl::Status s = file->Read([&](std::string_view block) {
    bytes += block;
    return absl::OkStatus();
  });
  if (!s.ok()) return s;
  return bytes;
}

absl::Status WriteWholeFile(const std::string& dir, const std::string& name,
                            std::string_view bytes) {
  const std::string path = PathOf(dir, name);
  const std::string unfinished = path + ".unfinished";
  {
    absl::StatusOr<File> file =
        File::Open(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.ok()) return file.status();
    if (absl::Status s = file->Write(bytes); !s.ok()) return s;
    if (absl::Status s = file->Sync(); !s.ok()) return s;
  }
  if (rename(unfinished.c_str(), path.c_str()) != 0)
    return Failed(path, "made", errno);
  return SyncDirectory(dir);
}

absl::Status SyncDirectory(const std::string& dir) {
  absl::StatusOr<File> file = File::Open(dir, O_RDONLY | O_DIRECTORY);
  return file.ok() ? file->Sync() : file.status();
}

absl::Status RenameDirectory(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return Failed(to, "made", errno);
  const std::filesystem::path parent = std::filesystem::path(to).parent_path();
  return SyncDirectory(parent.empty() ? "." : parent.string());
}

absl::Status RemoveTree(const std::string& dir) {
  std::error_code error;
  std::filesystem::remove_all(dir, error);
  return error ? Failed(dir, "removed", error.value()) : absl::OkStatus();
}

}  // namespace vigil::engine
