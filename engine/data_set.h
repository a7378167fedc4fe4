// DataSet: the keys of one node, cut into shards that are locked one by one, and
// replaceable as a whole while it is read.
//
// A full sync's data set is built aside. Replace() puts it into the array of
// shards that nobody uses, switches one pointer, and empties the old array. Who
// had read the pointer before the switch finds its shard retired and looks again.
//
// Thread-safety: thread-safe. Only one shard is ever locked at a time, and for as
// long as a lookup or a small group of them takes.
#ifndef VIGIL_ENGINE_DATA_SET_H_
#define VIGIL_ENGINE_DATA_SET_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "engine/base/mutex.h"
#include "engine/keyspace.h"

namespace vigil::engine {

class DataSet {
 public:
  // `keyspaces`: one a shard, a power of two.
  explicit DataSet(std::vector<Keyspace> keyspaces)
      : shards_(keyspaces.size()),
        arrays_{std::make_unique<Shard[]>(shards_),
                std::make_unique<Shard[]>(shards_)},
        present_(arrays_[1].get()) {
    Replace(std::move(keyspaces));
  }

  size_t shards() const { return shards_; }

  // Where a key belongs among `shards` ones. The map in a shard uses the lower
  // bits of the same hash.
  static size_t ShardOf(std::string_view key, size_t shards) {
    const absl::string_view bytes(key.data(), key.size());
    return (absl::Hash<absl::string_view>{}(bytes) >> 48) & (shards - 1);
  }

  // Calls use(keyspace) under the lock of one shard and returns what it returns.
  template <typename Use>
  auto Read(size_t shard, Use use) const {
    return Locked(shard,
                  [&](const Keyspace& keyspace) { return use(keyspace); });
  }
  template <typename Use>
  auto Write(size_t shard, Use use) {
    return Locked(shard, use);
  }
  template <typename Use>
  auto ReadKey(std::string_view key, Use use) const {
    return Read(ShardOf(key, shards_), use);
  }
  template <typename Use>
  auto WriteKey(std::string_view key, Use use) {
    return Write(ShardOf(key, shards_), use);
  }

  // REQUIRES: as many keyspaces as shards; one caller at a time.
  void Replace(std::vector<Keyspace> keyspaces) {
    Shard* const old = present_;
    Shard* const next =
        old == arrays_[0].get() ? arrays_[1].get() : arrays_[0].get();
    for (size_t i = 0; i < shards_; ++i) {
      MutexLock lock(next[i].mu);
      next[i].keyspace = std::move(keyspaces[i]);
      next[i].retired = false;
    }
    present_ = next;
    for (size_t i = 0; i < shards_; ++i) {
      Keyspace freed;  // outside of the lock
      MutexLock lock(old[i].mu);
      std::swap(freed, old[i].keyspace);
      old[i].retired = true;
    }
  }

 private:
  // A cache line of its own: neighbours would slow each other down.
  struct alignas(64) Shard {
    Mutex mu;
    bool retired ABSL_GUARDED_BY(mu) = true;
    Keyspace keyspace ABSL_GUARDED_BY(mu);
  };

  template <typename Use>
  auto Locked(size_t number, Use use) const {
    for (;;) {
      Shard& shard = present_.load(std::memory_order_acquire)[number];
      MutexLock lock(shard.mu);
      if (!shard.retired) return use(shard.keyspace);
    }
  }

  const size_t shards_;
  const std::unique_ptr<Shard[]> arrays_[2];
  std::atomic<Shard*> present_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_DATA_SET_H_
