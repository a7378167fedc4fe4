#include "engine/rocksdb_blobs.h"

#include "engine/rocksdb_schema.h"
#include "rocksdb/options.h"

namespace vigil::engine {
namespace {

using rocksdb::Slice;
using schema::EncodeU64;
using schema::LogKey;

rocksdb::ReadOptions ReadOnce() {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  return options;
}

}  // namespace

void PutBlob(const RocksDb& db, const Blob& blob, rocksdb::WriteBatch& batch) {
  const std::string key = LogKey(blob.generation, blob.first);
  const std::string head = EncodeBlobHead(blob);
  const Slice key_part(key);
  const Slice value_parts[] = {head,
                               Slice(blob.records.data(), blob.records.size())};
  batch.Put(db.log(), rocksdb::SliceParts(&key_part, 1),
            rocksdb::SliceParts(value_parts, 2));
}

BlobCursor::BlobCursor(const RocksDb& db, uint64_t generation)
    : generation_(generation), it_(db->NewIterator(ReadOnce(), db.log())) {}

void BlobCursor::SeekFrom(uint64_t index) {
  it_->Seek(LogKey(generation_, index));
  Settle();
}

void BlobCursor::SeekBefore(uint64_t index) {
  it_->SeekForPrev(LogKey(generation_, index));
  Settle();
}

void BlobCursor::SeekToHolder(uint64_t index) {
  SeekBefore(index);
  if (valid_ ? blob_.last < index : status_.ok()) SeekFrom(index);
}

void BlobCursor::Next() {
  it_->Next();
  Settle();
}

void BlobCursor::Settle() {
  status_ = schema::ToStatus(it_->status());
  valid_ = it_->Valid() && it_->key().starts_with(EncodeU64(generation_));
  if (!valid_) return;
  absl::StatusOr<Blob> blob = DecodeBlob(it_->key(), it_->value());
  status_ = blob.status();
  valid_ = blob.ok();
  if (valid_) blob_ = *blob;
}

absl::StatusOr<uint64_t> OldestToKeep(BlobCursor& cursor, uint64_t checkpoint,
                                      uint64_t bytes, uint64_t bytes_kept) {
  if (bytes <= bytes_kept) return 0;
  const uint64_t oldest_byte = bytes - bytes_kept;  // to be kept
  cursor.SeekToFirst();
  if (!cursor.status().ok()) return cursor.status();
  if (!cursor.Valid() || cursor.blob().offset > oldest_byte) return 0;
  const uint64_t oldest = cursor.blob().first;

  // Bisection over the indexes. Invariant: the blob at or before `low` does not
  // begin after the oldest byte.
  uint64_t low = oldest;
  uint64_t high = checkpoint + 1;
  while (low < high) {
    const uint64_t middle = low + (high - low + 1) / 2;
    cursor.SeekBefore(middle);
    if (!cursor.Valid()) return cursor.status();
    if (cursor.blob().offset <= oldest_byte) {
      low = middle;
    } else {
      high = cursor.blob().first - 1;
    }
  }
  cursor.SeekBefore(low);
  if (!cursor.Valid()) return cursor.status();
  return cursor.blob().first > oldest ? cursor.blob().first : 0;
}

}  // namespace vigil::engine
