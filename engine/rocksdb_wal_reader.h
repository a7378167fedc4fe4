// WalReader: a write-ahead log that is read. Its records end at the first zeros.
//
// Zeros stand behind the records where they were written ahead (rocksdb_wal_writer.h),
// and between them where the power failed before a page was written. RocksDB's own
// reader takes them for a gap: it goes on with the next block, and what is between would
// be missing without a word. So it is shown a log that ends at the zeros if only zeros
// follow, and otherwise one that is broken there.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_ENGINE_ROCKSDB_WAL_READER_H_
#define VIGIL_ENGINE_ROCKSDB_WAL_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "rocksdb/file_system.h"

namespace vigil::engine {

// What RocksDB divides a log into, and reads at once; no part of a record crosses it.
inline constexpr size_t kWalBlockBytes = 32 << 10;

// Where the zeros begin in a block of a log, or its size. Whether the records before
// are whole is RocksDB's to judge.
size_t RecordsEnd(std::string_view block);

class WalReader final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  explicit WalReader(std::unique_ptr<rocksdb::FSSequentialFile> file)
      : rocksdb::FSSequentialFileOwnerWrapper(std::move(file)) {}

  // REQUIRES: `bytes` are a whole number of blocks.
  rocksdb::IOStatus Read(size_t bytes, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) override;

 private:
  // Whether the file has nothing but zeros from here on.
  bool OnlyZerosFollow(const rocksdb::IOOptions& options,
                       rocksdb::IODebugContext* debug);

  bool ended_ = false;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_WAL_READER_H_
