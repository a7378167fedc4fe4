// WalFiles: RocksDB's file system, with three promises about write-ahead logs.
//
//   1. A log is durable before a newer one is begun. RocksDB itself syncs each for
//      its own sake, so a power cut could take the end of an older one and leave
//      the newer one whole: a hole in the middle of what was written.
//   2. A failed append or sync of a log is final, and is told here and not to
//      RocksDB, whose SyncWAL aborts the process when it begins beside a write that
//      has just failed (7.8, WritableFileWriter). Nothing reaches a log after that,
//      and no file is begun: so no table is made of what the log does not hold.
//      Whoever writes or syncs asks failure() before believing an OK.
//   3. A log that is read while a database opens ends where zeros begin (WalReader), so
//      that they can be written ahead (WalWriter).
//
// Thread-safety: thread-safe.
#ifndef VIGIL_ENGINE_ROCKSDB_WAL_FILES_H_
#define VIGIL_ENGINE_ROCKSDB_WAL_FILES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/base/mutex.h"
#include "engine/rocksdb_wal_failure.h"
#include "rocksdb/file_system.h"

namespace vigil::engine {

class WalFiles final : public rocksdb::FileSystemWrapper {
 public:
  // For the logs of the database in `dir`.
  WalFiles(const std::shared_ptr<rocksdb::FileSystem>& target, std::string dir);

  const char* Name() const override { return "VigilWalFiles"; }
  rocksdb::IOStatus NewWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;

  rocksdb::IOStatus NewSequentialFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSSequentialFile>* file,
      rocksdb::IODebugContext* debug) override;

  // The first failed append or sync of a log.
  absl::Status failure() const { return failure_->status(); }
  // How many logs were begun. When it has grown, what was written before is durable.
  uint64_t begun() const { return begun_; }

 private:
  bool IsLog(const std::string& path) const;
  rocksdb::IOStatus SyncNewest(const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug);

  const std::string dir_;
  // With the files, which may outlive this.
  const std::shared_ptr<WalFailure> failure_;
  std::atomic<uint64_t> begun_{0};
  mutable Mutex mu_;
  // The log that is written now.
  std::weak_ptr<rocksdb::FSWritableFile> newest_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_WAL_FILES_H_
