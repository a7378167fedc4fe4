// Records for tests, in one line each.
#ifndef VIGIL_TESTS_ENGINE_RECORDS_H_
#define VIGIL_TESTS_ENGINE_RECORDS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "engine/record.h"

namespace vigil::engine {

inline std::string Encoded(const RecordView& record) {
  std::string bytes;
  EncodeRecord(record, bytes);
  return bytes;
}

inline std::string SetRecord(uint64_t index, std::string_view key,
                             std::string_view value, WallTime expires_at = {}) {
  return Encoded({.type = RecordType::kSet,
                  .index = index,
                  .expires_at = expires_at,
                  .key = key,
                  .value = value});
}

inline std::string DeleteRecord(uint64_t index, std::string_view key) {
  return Encoded({.type = RecordType::kDelete, .index = index, .key = key});
}

// What the housekeeper writes.
inline std::string ExpiryRecord(uint64_t index, std::string_view key) {
  return Encoded({.type = RecordType::kDelete,
                  .index = index,
                  .key = key,
                  .cause = Cause::kExpired});
}

// Sets of k<index> to v<index>.
inline std::string SetRecords(uint64_t first, uint64_t last) {
  std::string bytes;
  for (uint64_t i = first; i <= last; ++i) {
    bytes += SetRecord(i, "k" + std::to_string(i), "v" + std::to_string(i));
  }
  return bytes;
}

// What a data set holds: key to "value@version".
using Content = std::map<std::string, std::string>;

inline Content ContentOf(const Engine& engine) {
  Content content;
  engine.ForEach([&](std::string_view key, const Entry& entry) {
    content[std::string(key)] =
        entry.value + "@" + std::to_string(entry.version);
  });
  return content;
}

// The same by replaying a log, record by record, in the simplest possible way.
inline void Replay(std::string_view records, Content& content) {
  while (!records.empty()) {
    const auto record = DecodeRecord(records);
    if (!record.ok()) return;
    if (record->type == RecordType::kSet) {
      content[std::string(record->key)] =
          std::string(record->value) + "@" + std::to_string(record->index);
    } else if (record->type == RecordType::kDelete) {
      content.erase(std::string(record->key));
    }
  }
}

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_RECORDS_H_
