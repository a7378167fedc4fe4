// BigKeys: the largest entries of all that a walk has shown it, as `redis-cli --bigkeys`.
//
// Pure, thread-compatible. A background walk fills a fresh one, from the first entry to
// the last, and then puts it in the place of the one before. Memory: capacity *
// (kKeyBytes + about 60 bytes).
#ifndef VIGIL_ENGINE_BIG_KEYS_H_
#define VIGIL_ENGINE_BIG_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::engine {

class BigKeys {
 public:
  static constexpr size_t kKeyBytes = 128;

  struct BigKey {
    uint8_t database = 0;
    std::string key;   // its first kKeyBytes
    size_t bytes = 0;  // of key and value
  };

  BigKeys() : BigKeys(16) {}
  explicit BigKeys(size_t capacity) : capacity_(capacity) {}

  void Add(uint8_t database, std::string_view key, size_t value_bytes);

  // The largest first.
  std::vector<BigKey> Top() const;
  // Of all that were shown.
  uint64_t entries() const { return entries_; }
  uint64_t bytes() const { return bytes_; }

 private:
  size_t capacity_;
  uint64_t entries_ = 0;
  uint64_t bytes_ = 0;
  std::vector<BigKey> heap_;  // the smallest at the front
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_BIG_KEYS_H_
