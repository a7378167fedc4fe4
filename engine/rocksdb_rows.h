// The rows of the log and of the state, as bytes and back. Whatever stands in the
// database, what is read is a row that was written, or an error.
#ifndef VIGIL_ENGINE_ROCKSDB_ROWS_H_
#define VIGIL_ENGINE_ROCKSDB_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/record.h"
#include "rocksdb/slice.h"

namespace vigil::engine {

// A row of the log: what one flush wrote.
struct Blob {
  uint64_t generation = 0;
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t offset = 0;  // bytes of the generation's blobs before this one
  std::string_view records;
};

// What stands before the records in the value of a blob's row; its key is LogKey().
std::string EncodeBlobHead(const Blob& blob);
// kDataLoss: not a blob. The records are not looked at.
absl::StatusOr<Blob> DecodeBlob(rocksdb::Slice key, rocksdb::Slice value);

// The entry in a row of the state. kDataLoss: it is damaged, or another key's.
absl::StatusOr<RecordView> DecodeStateRow(const rocksdb::Slice& key,
                                          const rocksdb::Slice& value);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_ROWS_H_
