#include "engine/state_walk.h"

#include <algorithm>

#include "engine/record.h"

namespace vigil::engine {
namespace {

// Read under one hold of a shard's lock: a few tens of microseconds.
constexpr size_t kHoldKeys = 64;

}  // namespace

std::string ShardWalk::Next(size_t bytes_max) {
  std::string out;
  do {
    if (next_key_ == keys_.size()) {
      if (next_shard_ == data_.shards()) break;
      keys_ =
          data_.Read(next_shard_, [](const Keyspace& k) { return k.Keys(); });
      ++next_shard_;
      next_key_ = 0;
    } else {
      EncodeSome(bytes_max, out);
    }
  } while (out.size() < bytes_max);
  return out;
}

void ShardWalk::EncodeSome(size_t bytes_max, std::string& out) {
  data_.Read(next_shard_ - 1, [&](const Keyspace& keyspace) {
    const size_t hold_end = std::min(keys_.size(), next_key_ + kHoldKeys);
    while (next_key_ < hold_end && out.size() < bytes_max) {
      const std::string& key = keys_[next_key_++];
      const Entry* entry = keyspace.FindStored(key);
      if (entry == nullptr) continue;  // deleted since: the log tells
      EncodeRecord({.type = RecordType::kSet,
                    .index = entry->version,
                    .expires_at = entry->expires_at,
                    .key = key,
                    .value = entry->value},
                   out);
    }
  });
}

}  // namespace vigil::engine
