// Cache: one shard with an eviction policy, for tests, without hashes and records.
#ifndef VIGIL_TESTS_ENGINE_CACHE_H_
#define VIGIL_TESTS_ENGINE_CACHE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/hash.h"
#include "engine/keyspace.h"
#include "engine/page_pool.h"

namespace vigil::engine {

class Cache {
 public:
  explicit Cache(EvictionPolicy policy)
      : keyspace_({.hash_seed = 7, .eviction = policy}, pool_) {}

  void Set(std::string_view key, WallTime expires_at = {},
           uint8_t database = 0) {
    Apply({.type = RecordType::kSet,
           .expires_at = expires_at,
           .key = key,
           .value = "v",
           .database = database});
  }
  // As loaded from disk.
  void Load(std::string_view key) {
    keyspace_.Load(HashKey(0, key, 7), {.index = ++index_, .key = key});
  }
  void Delete(std::string_view key) {
    Apply({.type = RecordType::kDelete, .key = key});
  }
  bool Read(std::string_view key) {
    Cell* const cell = keyspace_.FindStored(HashKey(0, key, 7), 0, key);
    if (cell != nullptr) keyspace_.Touch(*cell);
    return cell != nullptr;
  }
  bool Has(std::string_view key, uint8_t database = 0) const {
    const uint64_t hash = HashKey(database, key, 7);
    return keyspace_.FindStored(hash, database, key) != nullptr;
  }
  // Returns the key that went.
  std::optional<std::string> Evict() {
    const Cell* const victim = keyspace_.Victim();
    if (victim == nullptr) return std::nullopt;
    const std::string key(victim->key());
    Apply({.type = RecordType::kDelete,
           .key = key,
           .database = victim->database(),
           .cause = Cause::kEvicted});
    return key;
  }
  // The use of a cache of `keys` keys. Returns whether it was a hit.
  bool Use(std::string_view key, size_t keys) {
    if (Read(key)) return true;
    while (keyspace_.cells() >= keys && Evict()) {
    }
    Set(key);
    return false;
  }
  // What the housekeeper does now and then.
  void SetTick(uint32_t tick) {
    keyspace_.SetTick(tick);
    while (keyspace_.untidy()) keyspace_.Tidy();
  }
  size_t keys() const { return keyspace_.cells(); }
  size_t policy_bytes() const { return keyspace_.bytes().policy; }

 private:
  void Apply(RecordView record) {
    record.index = ++index_;
    keyspace_.Apply(HashKey(record.database, record.key, 7), record);
  }

  PagePool pool_;
  Keyspace keyspace_;
  uint64_t index_ = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_CACHE_H_
