// The schema of the database: which key holds what.
//
//   default   format              "2"
//             hash_seed           u64: drawn when the database was made
//             generation          u64: the present one
//             checkpoint          u64: of the present generation
//             meta/<name>         a named value
//   log       generation u64, first u64  ─▶  last u64, offset u64, records
//   state     generation u64, slice u8, database u8, key  ─▶  encoded kSet record
//
// All u64 are big-endian, so that keys sort by number. `offset` counts the bytes of
// the blobs before this one since the generation began: it tells the size of any
// part of the log without reading it.
#ifndef VIGIL_ENGINE_ROCKSDB_SCHEMA_H_
#define VIGIL_ENGINE_ROCKSDB_SCHEMA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/slice.h"
#include "rocksdb/status.h"

namespace vigil::engine::schema {

inline constexpr char kLogFamily[] = "log";
inline constexpr char kStateFamily[] = "state";

// In a directory that is a backup, and in no other.
inline constexpr char kBackupFile[] = "BACKUP";

inline constexpr char kFormat[] = "format";
inline constexpr char kFormatNow[] = "2";
inline constexpr char kHashSeed[] = "hash_seed";
inline constexpr char kGeneration[] = "generation";
inline constexpr char kCheckpoint[] = "checkpoint";
inline constexpr char kMetaPrefix[] = "meta/";

inline std::string EncodeU64(uint64_t value) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i)
    bytes[7 - i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

// Takes a number off `bytes`.
inline std::optional<uint64_t> TakeU64(rocksdb::Slice& bytes) {
  if (bytes.size() < 8) return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i)
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  bytes.remove_prefix(8);
  return value;
}

inline std::string LogKey(uint64_t generation, uint64_t first) {
  return EncodeU64(generation) + EncodeU64(first);
}

// What the rows of one slice begin with.
inline std::string StatePrefix(uint64_t generation, int slice) {
  return EncodeU64(generation).append(1, static_cast<char>(slice));
}

inline constexpr size_t kStateSliceBytes = 9;     // that rows of a slice share
inline constexpr size_t kStateKeyHeadBytes = 10;  // before the key itself

inline std::string StateKey(uint64_t generation, uint8_t slice,
                            uint8_t database, std::string_view key) {
  std::string row;
  row.reserve(kStateKeyHeadBytes + key.size());
  row.append(StatePrefix(generation, slice));
  row.append(1, static_cast<char>(database));
  return row.append(key);
}

inline std::string_view View(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// A failed read or write as a status: kDataLoss for damage, kInternal otherwise.
inline absl::Status ToStatus(const rocksdb::Status& s) {
  if (s.ok()) return absl::OkStatus();
  if (s.IsCorruption()) return absl::DataLossError(s.ToString());
  return absl::InternalError(s.ToString());
}

}  // namespace vigil::engine::schema

#endif  // VIGIL_ENGINE_ROCKSDB_SCHEMA_H_
