#include "engine/rocksdb_wal_files.h"

#include <utility>

#include "absl/strings/match.h"
#include "engine/rocksdb_wal_reader.h"
#include "engine/rocksdb_wal_writer.h"

namespace vigil::engine {
namespace {

using rocksdb::FSSequentialFile;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

}  // namespace

WalFiles::WalFiles(const std::shared_ptr<rocksdb::FileSystem>& target,
                   std::string dir)
    : rocksdb::FileSystemWrapper(target),
      dir_(std::move(dir)),
      failure_(std::make_shared<WalFailure>()) {}

// Not one that a backup copies to another directory.
bool WalFiles::IsLog(const std::string& path) const {
  return absl::EndsWith(path, ".log") && absl::StartsWith(path, dir_) &&
         path.find_first_not_of('/', dir_.size()) == path.rfind('/') + 1;
}

IOStatus WalFiles::NewWritableFile(const std::string& path,
                                   const rocksdb::FileOptions& options,
                                   std::unique_ptr<FSWritableFile>* file,
                                   IODebugContext* debug) {
  if (failure_->happened())
    return IOStatus::IOError("an earlier write of the log failed");
  const bool is_wal = IsLog(path);
  if (is_wal) {
    const IOStatus synced = SyncNewest(options.io_options, debug);
    if (!synced.ok()) return synced;
  }
  IOStatus s = target()->NewWritableFile(path, options, file, debug);
  if (!s.ok() || !is_wal) return s;

  const std::shared_ptr<FSWritableFile> wal(std::move(*file));
  *file = std::make_unique<WalWriter>(wal, failure_);
  MutexLock lock(mu_);
  newest_ = wal;
  ++begun_;
  return s;
}

IOStatus WalFiles::NewSequentialFile(const std::string& path,
                                     const rocksdb::FileOptions& options,
                                     std::unique_ptr<FSSequentialFile>* file,
                                     IODebugContext* debug) {
  IOStatus s = target()->NewSequentialFile(path, options, file, debug);
  // Once a log is begun they have been read, and it is a backup that copies them, bytes
  // and zeros as they are: one may be written meanwhile.
  if (s.ok() && IsLog(path) && begun_ == 0)
    *file = std::make_unique<WalReader>(std::move(*file));
  return s;
}

IOStatus WalFiles::SyncNewest(const IOOptions& options, IODebugContext* debug) {
  std::shared_ptr<FSWritableFile> newest;
  {
    MutexLock lock(mu_);
    newest = newest_.lock();
  }
  if (newest == nullptr) return IOStatus::OK();
  IOStatus s = newest->Sync(options, debug);
  std::unique_ptr<rocksdb::FSDirectory> entries;
  if (s.ok()) s = target()->NewDirectory(dir_, options, &entries, debug);
  if (s.ok()) s = entries->Fsync(options, debug);
  if (s.ok()) return s;
  failure_->Keep(s);
  return s;
}

}  // namespace vigil::engine
