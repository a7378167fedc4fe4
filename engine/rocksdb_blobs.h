// The blobs of the log in the database: one value a flush, many records each.
#ifndef VIGIL_ENGINE_ROCKSDB_BLOBS_H_
#define VIGIL_ENGINE_ROCKSDB_BLOBS_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/rocksdb_open.h"
#include "engine/rocksdb_rows.h"
#include "rocksdb/iterator.h"
#include "rocksdb/write_batch.h"

namespace vigil::engine {

void PutBlob(const RocksDb& db, const Blob& blob, rocksdb::WriteBatch& batch);

// Walks over the blobs of one generation, as they are when it is made.
// Thread-compatible. Lifetime: `db` outlives it.
class BlobCursor {
 public:
  BlobCursor(const RocksDb& db, uint64_t generation);

  // Move to the oldest blob, to the newest, to the newest that begins at `index`
  // or before, to the one that holds `index` or else the next one.
  void SeekToFirst() { SeekFrom(0); }
  void SeekToLast() { SeekBefore(UINT64_MAX); }
  void SeekBefore(uint64_t index);
  void SeekToHolder(uint64_t index);
  void Next();

  // False at the end, and after an error.
  bool Valid() const { return valid_; }
  // REQUIRES: Valid(). Until the next move.
  const Blob& blob() const { return blob_; }
  // kDataLoss: damaged, or not a blob.
  const absl::Status& status() const { return status_; }

 private:
  void SeekFrom(uint64_t index);
  void Settle();

  const uint64_t generation_;
  const std::unique_ptr<rocksdb::Iterator> it_;
  Blob blob_;
  bool valid_ = false;
  absl::Status status_;
};

// First index of the oldest blob that must stay, so that the newest `bytes_kept`
// of `bytes` are kept and every record after `checkpoint`; the cursor is there
// then. 0: all of them.
absl::StatusOr<uint64_t> OldestToKeep(BlobCursor& cursor, uint64_t checkpoint,
                                      uint64_t bytes, uint64_t bytes_kept);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_BLOBS_H_
