#include "engine/rocksdb_wal_files.h"

#include <utility>

#include "absl/strings/match.h"

namespace vigil::engine {
namespace {

using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

}  // namespace

// The failure, and the log that is written now.
struct WalFiles::Shared {
  absl::Status Failure() const {
    MutexLock lock(mu);
    return failure;
  }
  // Hides the failure from RocksDB.
  IOStatus Keep(const IOStatus& s) {
    if (s.ok()) return s;
    MutexLock lock(mu);
    if (failure.ok()) failure = absl::InternalError(s.ToString());
    failed = true;
    return IOStatus::OK();
  }

  std::atomic<bool> failed{false};
  mutable Mutex mu;
  absl::Status failure ABSL_GUARDED_BY(mu);
  std::weak_ptr<FSWritableFile> newest ABSL_GUARDED_BY(mu);
};

class WalFiles::Wal final : public rocksdb::FSWritableFileWrapper {
 public:
  Wal(std::shared_ptr<FSWritableFile> file, std::shared_ptr<Shared> shared)
      : rocksdb::FSWritableFileWrapper(file.get()),
        file_(std::move(file)),
        shared_(std::move(shared)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    return Do([&] { return file_->Append(data, options, debug); });
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* debug) override {
    return Do(
        [&] { return file_->Append(data, options, verification, debug); });
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    return Do([&] { return file_->Flush(options, debug); });
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Do([&] { return file_->Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Do([&] { return file_->Fsync(options, debug); });
  }
  IOStatus RangeSync(uint64_t offset, uint64_t bytes, const IOOptions& options,
                     IODebugContext* debug) override {
    return Do([&] { return file_->RangeSync(offset, bytes, options, debug); });
  }

 private:
  template <typename Operation>
  IOStatus Do(Operation operation) {
    if (shared_->failed) return IOStatus::OK();
    return shared_->Keep(operation());
  }

  const std::shared_ptr<FSWritableFile> file_;
  const std::shared_ptr<Shared> shared_;
};

WalFiles::WalFiles(const std::shared_ptr<rocksdb::FileSystem>& target,
                   std::string dir)
    : rocksdb::FileSystemWrapper(target),
      dir_(std::move(dir)),
      shared_(std::make_shared<Shared>()) {}

// Not one that a backup copies to another directory.
bool WalFiles::IsLog(const std::string& path) const {
  return absl::EndsWith(path, ".log") && absl::StartsWith(path, dir_) &&
         path.find_first_not_of('/', dir_.size()) == path.rfind('/') + 1;
}

absl::Status WalFiles::failure() const {
  // Asked after each write.
  return shared_->failed ? shared_->Failure() : absl::OkStatus();
}

IOStatus WalFiles::NewWritableFile(const std::string& path,
                                   const rocksdb::FileOptions& options,
                                   std::unique_ptr<FSWritableFile>* file,
                                   IODebugContext* debug) {
  if (shared_->failed)
    return IOStatus::IOError("an earlier write of the log failed");
  const bool is_wal = IsLog(path);
  if (is_wal) {
    const IOStatus synced = SyncNewest(options.io_options, debug);
    if (!synced.ok()) return synced;
  }
  IOStatus s = target()->NewWritableFile(path, options, file, debug);
  if (!s.ok() || !is_wal) return s;

  const std::shared_ptr<FSWritableFile> wal(std::move(*file));
  *file = std::make_unique<Wal>(wal, shared_);
  MutexLock lock(shared_->mu);
  shared_->newest = wal;
  ++begun_;
  return s;
}

IOStatus WalFiles::SyncNewest(const IOOptions& options, IODebugContext* debug) {
  std::shared_ptr<FSWritableFile> newest;
  {
    MutexLock lock(shared_->mu);
    newest = shared_->newest.lock();
  }
  if (newest == nullptr) return IOStatus::OK();
  IOStatus s = newest->Sync(options, debug);
  std::unique_ptr<rocksdb::FSDirectory> entries;
  if (s.ok()) s = target()->NewDirectory(dir_, options, &entries, debug);
  if (s.ok()) s = entries->Fsync(options, debug);
  if (s.ok()) return s;
  shared_->Keep(s);
  return s;
}

}  // namespace vigil::engine
