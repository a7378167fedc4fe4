// Record: one change of the data set, as an effect, and its bytes.
//
// A record is encoded once; the same bytes go to the log in memory, to disk and
// to the replicas. Records say what is (absolute expiry, final value), never what
// to do, so applying one needs no clock and no condition.
//
//   | size u32 | checksum u32 | type u8 | flags u8 | index varint |
//   | [expires_at varint] | [database u8] | key size varint | key | value |
//
// `size` counts what follows the checksum; the checksum (XXH3, low 32 bits) covers
// it. Integers are little-endian. Flags: 1 expires_at is there, 2 database is there
// (else 0), 4 and 8 the cause. In the log, indexes follow each other without a gap.
// In a snapshot each entry is a kSet whose index is the entry's version.
//
// A batch is one record, so it is in the log, on disk and on a replica whole or not
// at all. Its value is a run of effects, which share its index:
//
//   | type u8 | flags u8 | [expires_at varint] | [database u8] |
//   | key size varint | value size varint | key | value |
#ifndef VIGIL_ENGINE_RECORD_H_
#define VIGIL_ENGINE_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"

namespace vigil::engine {

enum class RecordType : uint8_t {
  kSet = 1,
  kDelete = 2,
  kBatch = 3,  // `value` is a run of kSet and kDelete effects
  // Markers: part of the log, but no key changes. The engine carries `value`
  // without reading it; replication gives it meaning.
  kEpoch = 16,
  kConfiguration = 17,
};

// Why a key changed: what a change stream tells apart.
enum class Cause : uint8_t { kCommand = 0, kExpired = 1, kEvicted = 2 };

// No record is larger; a size above it is damage, not a reason to wait for more.
inline constexpr size_t kRecordBytesMax = size_t{128} << 20;

// A decoded record; the views point into the encoded bytes.
struct RecordView {
  RecordType type = RecordType::kSet;
  uint64_t index = 0;
  WallTime expires_at;  // zero: never
  std::string_view key;
  std::string_view value;
  uint8_t database = 0;
  Cause cause = Cause::kCommand;
};

// Appends the encoding of `record` to `out`. Returns the bytes added.
size_t EncodeRecord(const RecordView& record, std::string& out);

// No less than what EncodeRecord will add.
size_t EncodedSizeMax(size_t key_bytes, size_t value_bytes);

// Appends `effect` (its type, expiry, database, cause, key and value) to the value
// of a batch that is being built. REQUIRES: kSet or kDelete.
void AppendEffect(const RecordView& effect, std::string& batch);

// Calls visit(effect) for each effect of a decoded record, in order: for those of a
// batch with the batch's index, or once for `record` itself.
void ForEachEffect(const RecordView& record,
                   absl::FunctionRef<void(const RecordView&)> visit);

// Takes the first record off `bytes`. Returns
//   kOutOfRange  `bytes` ends before the record does: a torn tail, or no record;
//   kDataLoss    the bytes are not a record: damaged, or never one. The effects of
//                a batch are looked at, too.
// On error `bytes` is unchanged.
absl::StatusOr<RecordView> DecodeRecord(std::string_view& bytes);

// A decoded record beside its own bytes.
struct EncodedRecord {
  RecordView record;
  std::string_view bytes;
};

// All of `bytes`, which must end where a record ends. kDataLoss if it is not so.
absl::StatusOr<std::vector<EncodedRecord>> DecodeRecords(
    std::string_view bytes);

// Likewise, and the indexes must be first, first + 1, ... kOutOfRange if not.
absl::StatusOr<std::vector<EncodedRecord>> DecodeRun(std::string_view bytes,
                                                     uint64_t first);

// Calls visit(record) for each whole record of `type`, and looks at no more than the
// head of the others. Ends where the bytes are no records.
void ForEachOfType(std::string_view bytes, RecordType type,
                   absl::FunctionRef<void(const RecordView&)> visit);

// The records of a run that are not above `last`. kDataLoss: not records.
absl::StatusOr<std::string_view> PrefixUpTo(std::string_view records,
                                            uint64_t last);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_RECORD_H_
