// WalWriter: a write-ahead log that is being written. It keeps failures from RocksDB
// (rocksdb_wal_files.h), and where syncs are small it writes zeros ahead:
//
//     | records ......... | zeros ........ |
//                         size             written ahead
//
// A sync of bytes at the end of a file has the file system commit the file's new size
// and blocks in its journal, too; one of bytes that were written before does not, and
// takes about two thirds of the time (fallocate does not help: such blocks count as
// not written). The zeros cost their own writing, which is only worth it for who waits
// for many syncs of few bytes each: who syncs more at once gets none.
//
// What reads the log stops at the zeros (rocksdb_wal_reader.h).
//
// Thread-safety: as RocksDB needs it: one appends at a time, others may sync beside.
#ifndef VIGIL_ENGINE_ROCKSDB_WAL_WRITER_H_
#define VIGIL_ENGINE_ROCKSDB_WAL_WRITER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/rocksdb_wal_failure.h"
#include "rocksdb/file_system.h"

namespace vigil::engine {

class WalWriter final : public rocksdb::FSWritableFileWrapper {
 public:
  // A sync of no more than this gets zeros written ahead for those that follow: to
  // write them costs no more than 2 % of what a hundred such syncs save.
  static constexpr size_t kSmallSyncBytes = 32 << 10;
  static constexpr size_t kAheadBytes = 256 << 10;

  // Of a new, empty file.
  WalWriter(std::shared_ptr<rocksdb::FSWritableFile> file,
            std::shared_ptr<WalFailure> failure)
      : rocksdb::FSWritableFileWrapper(file.get()),
        file_(std::move(file)),
        failure_(std::move(failure)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Flush(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RangeSync(uint64_t offset, uint64_t bytes,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Close(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override;
  uint64_t GetFileSize(const rocksdb::IOOptions&,
                       rocksdb::IODebugContext*) override {
    return size_;
  }

 private:
  template <typename Operation>
  rocksdb::IOStatus Do(Operation operation) {
    if (failure_->happened()) return rocksdb::IOStatus::OK();
    return failure_->Keep(operation());
  }
  void BeginSync();
  void Grow(size_t bytes, const rocksdb::IOOptions& options,
            rocksdb::IODebugContext* debug);

  const std::shared_ptr<rocksdb::FSWritableFile> file_;
  const std::shared_ptr<WalFailure> failure_;
  std::atomic<uint64_t> size_{0};    // of the records
  std::atomic<uint64_t> synced_{0};  // of them, when the last sync began
  std::atomic<bool> small_syncs_{false};
  uint64_t ahead_ = 0;  // where the zeros end; 0: there were none
  bool no_room_ = false;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_WAL_WRITER_H_
