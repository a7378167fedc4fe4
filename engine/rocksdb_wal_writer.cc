#include "engine/rocksdb_wal_writer.h"

#include <algorithm>
#include <string>

#include "engine/rocksdb_wal_reader.h"

namespace vigil::engine {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus WalWriter::Append(const Slice& data, const IOOptions& options,
                           IODebugContext* debug) {
  IOStatus s = Do([&] { return file_->Append(data, options, debug); });
  Grow(data.size(), options, debug);
  return s;
}

IOStatus WalWriter::Append(const Slice& data, const IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           IODebugContext* debug) {
  IOStatus s =
      Do([&] { return file_->Append(data, options, verification, debug); });
  Grow(data.size(), options, debug);
  return s;
}

// Here and not in Sync(): nobody else writes while RocksDB appends.
void WalWriter::Grow(size_t bytes, const IOOptions& options,
                     IODebugContext* debug) {
  if (failure_->happened()) return;
  const uint64_t size = size_ += bytes;
  if (!small_syncs_ || no_room_ || size < ahead_) return;
  ahead_ = (size / kWalBlockBytes + 1) * kWalBlockBytes + kAheadBytes;
  const std::string zeros(ahead_ - size, '\0');
  // Not a failure of the log: whatever reached the file is zeros, and if the disk is
  // full the records may still find room in what is allocated.
  no_room_ = !file_->PositionedAppend(zeros, size, options, debug).ok();
}

IOStatus WalWriter::Flush(const IOOptions& options, IODebugContext* debug) {
  return Do([&] { return file_->Flush(options, debug); });
}

void WalWriter::BeginSync() {
  const uint64_t size = size_;
  small_syncs_ = size - synced_.exchange(size) <= kSmallSyncBytes;
}

IOStatus WalWriter::Sync(const IOOptions& options, IODebugContext* debug) {
  BeginSync();
  return Do([&] { return file_->Sync(options, debug); });
}

IOStatus WalWriter::Fsync(const IOOptions& options, IODebugContext* debug) {
  BeginSync();
  return Do([&] { return file_->Fsync(options, debug); });
}

IOStatus WalWriter::RangeSync(uint64_t offset, uint64_t bytes,
                              const IOOptions& options, IODebugContext* debug) {
  return Do([&] { return file_->RangeSync(offset, bytes, options, debug); });
}

IOStatus WalWriter::Close(const IOOptions& options, IODebugContext* debug) {
  // RocksDB's own file takes the zeros for a part of its size, and would now make the
  // file as long as all that was ever written to it. The zeros stay: a backup that is
  // copying the log would miss them.
  if (ahead_ > 0) {
    const uint64_t length = std::max<uint64_t>(size_, ahead_);
    Do([&] {
      return file_->Truncate(length, options, debug);
    }).PermitUncheckedError();
  }
  return file_->Close(options, debug);
}

}  // namespace vigil::engine
