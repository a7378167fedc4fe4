#include "engine/record.h"

#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace vigil::engine {
namespace {

constexpr size_t kHeadBytes = 8;  // size and checksum
constexpr size_t kVarintBytesMax = 10;
constexpr size_t kBodyBytesMin = 4;  // type, flags, index, key size
constexpr uint8_t kFlagExpires = 1;

// Byte by byte, so that the format is the same on every machine; compilers turn
// it into one instruction where they can.
void StoreU32(uint32_t value, char* out) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<char>(value >> (8 * i));
}

uint32_t LoadU32(const char* in) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    value |= static_cast<uint32_t>(static_cast<uint8_t>(in[i])) << (8 * i);
  }
  return value;
}

char* StoreVarint(uint64_t value, char* out) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

// Takes a varint off `in`; false when it has no end or more than 64 bits.
bool TakeVarint(std::string_view& in, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < in.size() && i < kVarintBytesMax; ++i) {
    const uint64_t bits = static_cast<uint8_t>(in[i]) & 0x7f;
    if (i == kVarintBytesMax - 1 && bits > 1) return false;
    value |= bits << (7 * i);
    if ((static_cast<uint8_t>(in[i]) & 0x80) == 0) {
      in.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

uint32_t Checksum(std::string_view body) {
  return static_cast<uint32_t>(XXH3_64bits(body.data(), body.size()));
}

bool IsRecordType(uint8_t type) {
  switch (static_cast<RecordType>(type)) {
    case RecordType::kSet:
    case RecordType::kDelete:
    case RecordType::kEpoch:
    case RecordType::kConfiguration:
      return true;
  }
  return false;
}

// REQUIRES: the checksum of `body` was right, so an error here means a writer of
// another format, not a damaged disk; the caller must stop all the same.
absl::StatusOr<RecordView> DecodeBody(std::string_view body) {
  const auto type = static_cast<uint8_t>(body[0]);
  const auto flags = static_cast<uint8_t>(body[1]);
  if (!IsRecordType(type)) {
    return absl::DataLossError(absl::StrCat("unknown record type ", type));
  }
  if ((flags & ~kFlagExpires) != 0) {
    return absl::DataLossError(absl::StrCat("unknown record flags ", flags));
  }
  body.remove_prefix(2);
  RecordView record;
  record.type = static_cast<RecordType>(type);
  uint64_t expires_ms = 0;
  uint64_t key_bytes = 0;
  if (!TakeVarint(body, record.index) || record.index == 0 ||
      ((flags & kFlagExpires) != 0 && !TakeVarint(body, expires_ms)) ||
      !TakeVarint(body, key_bytes) || key_bytes > body.size()) {
    return absl::DataLossError("record with a malformed body");
  }
  record.expires_at = {static_cast<int64_t>(expires_ms)};
  record.key = body.substr(0, key_bytes);
  record.value = body.substr(key_bytes);
  return record;
}

}  // namespace

size_t EncodedSizeMax(size_t key_bytes, size_t value_bytes) {
  return kHeadBytes + 2 + 3 * kVarintBytesMax + key_bytes + value_bytes;
}

size_t EncodeRecord(const RecordView& record, std::string& out) {
  const bool expires = record.expires_at != WallTime{};
  char head[kHeadBytes + 2 + 3 * kVarintBytesMax];
  char* end = head + kHeadBytes;
  *end++ = static_cast<char>(record.type);
  *end++ = static_cast<char>(expires ? kFlagExpires : 0);
  end = StoreVarint(record.index, end);
  if (expires)
    end = StoreVarint(static_cast<uint64_t>(record.expires_at.ms), end);
  end = StoreVarint(record.key.size(), end);

  const size_t start = out.size();
  out.append(head, static_cast<size_t>(end - head));
  out.append(record.key);
  out.append(record.value);
  const std::string_view body =
      std::string_view(out).substr(start + kHeadBytes);
  const auto size = static_cast<uint32_t>(body.size());
  const uint32_t checksum = Checksum(body);
  StoreU32(size, out.data() + start);
  StoreU32(checksum, out.data() + start + 4);
  return out.size() - start;
}

absl::StatusOr<RecordView> DecodeRecord(std::string_view& bytes) {
  if (bytes.size() < kHeadBytes) {
    return absl::OutOfRangeError("the bytes end within a record's head");
  }
  const size_t size = LoadU32(bytes.data());
  if (size < kBodyBytesMin || size > kRecordBytesMax) {
    return absl::DataLossError(absl::StrCat("record with a size of ", size));
  }
  if (size > bytes.size() - kHeadBytes) {
    return absl::OutOfRangeError("the bytes end within a record's body");
  }
  const std::string_view body = bytes.substr(kHeadBytes, size);
  if (Checksum(body) != LoadU32(bytes.data() + 4)) {
    return absl::DataLossError("record with a wrong checksum");
  }
  absl::StatusOr<RecordView> record = DecodeBody(body);
  if (record.ok()) bytes.remove_prefix(kHeadBytes + size);
  return record;
}

absl::StatusOr<std::vector<EncodedRecord>> DecodeRecords(
    std::string_view bytes) {
  std::vector<EncodedRecord> records;
  while (!bytes.empty()) {
    const std::string_view before = bytes;
    absl::StatusOr<RecordView> record = DecodeRecord(bytes);
    if (!record.ok()) {
      return absl::DataLossError(absl::StrCat(record.status().message(),
                                              ", after ", records.size(),
                                              " whole ones"));
    }
    records.push_back(
        {*record, before.substr(0, before.size() - bytes.size())});
  }
  return records;
}

absl::StatusOr<std::vector<EncodedRecord>> DecodeRun(std::string_view bytes,
                                                     uint64_t first) {
  absl::StatusOr<std::vector<EncodedRecord>> records = DecodeRecords(bytes);
  if (!records.ok()) return records;
  uint64_t expected = first;
  for (const EncodedRecord& each : *records) {
    if (each.record.index != expected) {
      return absl::OutOfRangeError(absl::StrCat(
          "record ", each.record.index, " where ", expected, " must follow"));
    }
    ++expected;
  }
  return records;
}

}  // namespace vigil::engine
