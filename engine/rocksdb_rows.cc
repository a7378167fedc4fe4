#include "engine/rocksdb_rows.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/rocksdb_schema.h"

namespace vigil::engine {

using rocksdb::Slice;
using schema::kStateKeyHeadBytes;
using schema::TakeU64;

std::string EncodeBlobHead(const Blob& blob) {
  return schema::EncodeU64(blob.last) + schema::EncodeU64(blob.offset);
}

absl::StatusOr<Blob> DecodeBlob(Slice key, Slice value) {
  const auto generation = TakeU64(key);
  const auto first = TakeU64(key);
  const auto last = TakeU64(value);
  const auto offset = TakeU64(value);
  if (!generation || !first || !last || !offset || !key.empty() ||
      *last < *first) {
    return absl::DataLossError(
        "the log holds something that is not a blob of it");
  }
  return Blob{*generation, *first, *last, *offset, schema::View(value)};
}

absl::StatusOr<RecordView> DecodeStateRow(const Slice& key,
                                          const Slice& value) {
  std::string_view bytes = schema::View(value);
  const auto record = DecodeRecord(bytes);
  if (!record.ok() || !bytes.empty() || record->type != RecordType::kSet ||
      key.size() != kStateKeyHeadBytes + record->key.size() ||
      static_cast<uint8_t>(key[kStateKeyHeadBytes - 1]) != record->database ||
      schema::View(key).substr(kStateKeyHeadBytes) != record->key) {
    return absl::DataLossError(absl::StrCat("the state's row ",
                                            key.ToString(/*hex=*/true),
                                            " is not what was written"));
  }
  return *record;
}

}  // namespace vigil::engine
