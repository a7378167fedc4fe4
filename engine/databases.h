// What the engine writes about databases, as entries of a database of its own.
//
// Numbers that an application uses are *logical*; cells and records carry *physical*
// ones. Swapping two databases changes which is which, and flushing one raises its
// floor: entries with a version below it have gone, at once for every reader, and
// are erased behind the scenes. Both are ordinary entries of kOwnDatabase, so the
// log, the state on disk and a full sync carry them without knowing.
//
//   "flush/" and the physical number, one byte    an entry: the floor is its version
//   "map"                                         value: the physical number of each
//                                                 logical one, a byte each
//
// Other keys of it are notes (note.h), and concern no database.
//
// Pure.
#ifndef VIGIL_ENGINE_DATABASES_H_
#define VIGIL_ENGINE_DATABASES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigil::engine {

// No application's number is as high.
inline constexpr uint8_t kOwnDatabase = 255;
inline constexpr int kDatabasesMax = 128;

inline constexpr std::string_view kMapKey = "map";
inline constexpr std::string_view kFlushPrefix = "flush/";

inline std::string FlushKey(uint8_t physical) {
  return std::string(kFlushPrefix) + static_cast<char>(physical);
}

// Which database a key of kOwnDatabase flushes, if any.
inline std::optional<uint8_t> FlushedBy(std::string_view own_key) {
  if (own_key.size() != kFlushPrefix.size() + 1 ||
      own_key.substr(0, kFlushPrefix.size()) != kFlushPrefix) {
    return std::nullopt;
  }
  return static_cast<uint8_t>(own_key.back());
}

// Whether an entry of this key of kOwnDatabase says something about whole databases.
inline bool ConcernsDatabases(std::string_view own_key) {
  return own_key == kMapKey || FlushedBy(own_key).has_value();
}

// The application's number of each physical database.
class DatabaseNumbers {
 public:
  // `map`: a value of kMapKey; what it does not say stays where it is named.
  explicit DatabaseNumbers(std::string_view map = {}) { Set(map); }

  void Set(std::string_view map) {
    for (size_t i = 0; i < logical_.size(); ++i)
      logical_[i] = static_cast<uint8_t>(i);
    for (size_t i = 0; i < map.size() && i < kDatabasesMax; ++i)
      logical_[static_cast<uint8_t>(map[i])] = static_cast<uint8_t>(i);
  }
  uint8_t Logical(uint8_t physical) const { return logical_[physical]; }

 private:
  std::array<uint8_t, 256> logical_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_DATABASES_H_
