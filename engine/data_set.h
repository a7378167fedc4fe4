// DataSet: the keys of one node, cut into shards that are locked one by one, and
// replaceable as a whole while it is read.
//
// A full sync's data set is built aside. Replace() puts it into the array of
// shards that nobody uses, switches one pointer, and empties the old array. Who
// had read the pointer before the switch finds its shard retired and looks again.
//
// Thread-safety: thread-safe. A lock is held for as long as a lookup or a small
// group of them takes. Who needs several shards at once locks them in ascending
// order, so that a batch is seen whole or not at all.
#ifndef VIGIL_ENGINE_DATA_SET_H_
#define VIGIL_ENGINE_DATA_SET_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/mutex.h"
#include "engine/database_map.h"
#include "engine/hash.h"
#include "engine/keyspace.h"
#include "engine/keyspaces.h"

namespace vigil::engine {

class DataSet {
 public:
  // `metered`: used_bytes() is kept up to date, at a few nanoseconds a write.
  DataSet(Keyspaces keyspaces, bool metered)
      : shards_(keyspaces.size()),
        seed_(keyspaces.seed()),
        metered_(metered),
        arrays_{Array(shards_), Array(shards_)},
        present_(&arrays_[1]) {
    Replace(std::move(keyspaces));
  }

  size_t shards() const { return shards_; }
  uint64_t seed() const { return seed_; }
  uint64_t Hash(uint8_t database, std::string_view key) const {
    return HashKey(database, key, seed_);
  }

  // Calls use(keyspace) under the lock of one shard and returns what it returns.
  template <typename Use>
  auto Read(size_t shard, Use use) const {
    return Locked(shard,
                  [&](const Keyspace& keyspace) { return use(keyspace); });
  }
  template <typename Use>
  auto Write(size_t shard, Use use) {
    return Locked(shard, [&](Keyspace& keyspace) {
      const Written after(*this, keyspace);
      return use(keyspace);
    });
  }
  // Likewise, for who goes through a shard segment by segment in the background: whoever
  // waits for the shard gets it in between. (A thread that is woken is slower than one
  // that takes the lock again at once; without this some waited for 70 segments.)
  template <typename Use>
  auto ReadInTurn(size_t shard, Use use) const {
    const GiveWay afterwards(*this, shard);
    return Read(shard, use);
  }
  template <typename Use>
  auto WriteInTurn(size_t shard, Use use) {
    const GiveWay afterwards(*this, shard);
    return Write(shard, use);
  }
  // A read may note in a cell that it was read.
  template <typename Use>
  auto ReadHash(uint64_t hash, Use use) const {
    return Locked(ShardOf(hash, shards_), use);
  }
  template <typename Use>
  auto WriteHash(uint64_t hash, Use use) {
    return Write(ShardOf(hash, shards_), use);
  }

  // Where a key of one of the application's databases is, while its shard is locked.
  struct Place {
    uint8_t database;  // physical
    uint64_t hash;
  };
  // Calls use(keyspace, place) with the shard locked in which `key` of the application's
  // database `database` is. A swap comes before or after it.
  template <typename Use>
  auto ReadKey(int database, std::string_view key, Use use) const {
    return LockedKey(database, key, use);
  }
  template <typename Use>
  auto WriteKey(int database, std::string_view key, Use use) {
    return LockedKey(database, key, [&](Keyspace& keyspace, Place place) {
      const Written after(*this, keyspace);
      return use(keyspace, place);
    });
  }

  // Calls use(at) with all of `shards` locked, where at(shard) is the keyspace of
  // one of them, and at.Physical(database) which database an application's number
  // means: what the caller took from Physical() to find the shards may have changed.
  // REQUIRES: ascending, none twice.
  template <typename Use>
  auto WriteMany(absl::Span<const size_t> shards, Use use) {
    return LockedMany(shards, [&](auto at) {
      std::deque<Written> after;
      for (const size_t i : shards) after.emplace_back(*this, at(i));
      return use(at);
    });
  }
  template <typename Use>
  auto ReadMany(absl::Span<const size_t> shards, Use use) const {
    return LockedMany(shards, use);
  }
  std::vector<size_t> AllShards() const {
    std::vector<size_t> all(shards_);
    for (size_t i = 0; i < shards_; ++i) all[i] = i;
    return all;
  }

  // Applies a decoded record as it is: whole, for every reader.
  void Apply(const RecordView& record);
  // Likewise; `at` is that of a WriteMany over ShardsOf(record) at least.
  template <typename At>
  void ApplyLocked(const RecordView& record, At at) {
    ApplyTo(record, seed_, shards_, at);
    ForEachEffect(record, [&](const RecordView& effect) {
      if (effect.database == kOwnDatabase && effect.key == kMapKey)
        at.SetMap(effect.value);
    });
  }
  // In ascending order.
  std::vector<size_t> ShardsOf(const RecordView& record) const;

  // Which database an application's number means at present.
  uint8_t Physical(int logical) const {
    return present_.load(std::memory_order_acquire)->map.Get(logical);
  }
  // Not in the middle of a swap.
  std::string MapBytes() const;

  // Bytes in use by all shards; 0 if not metered.
  size_t used_bytes() const {
    return static_cast<size_t>(
        std::max<int64_t>(0, used_.load(std::memory_order_relaxed)));
  }
  // In all shards: flushed, and not erased yet.
  size_t flushed_cells() const {
    return static_cast<size_t>(
        std::max<int64_t>(0, flushed_.load(std::memory_order_relaxed)));
  }

  // REQUIRES: as many keyspaces as shards, with the same seed; one caller at a time.
  void Replace(Keyspaces keyspaces) {
    Array& old = *present_.load();
    Array& next = &old == &arrays_[0] ? arrays_[1] : arrays_[0];
    next.map.Set(MapIn(keyspaces));
    int64_t used = 0;
    int64_t flushed = 0;
    for (size_t i = 0; i < shards_; ++i) {
      used += static_cast<int64_t>(keyspaces[i].bytes().used());
      flushed += static_cast<int64_t>(keyspaces[i].flushed_cells());
      MutexLock lock(next.shards[i].mu);
      next.shards[i].keyspace.emplace(std::move(keyspaces[i]));
    }
    present_ = &next;
    for (size_t i = 0; i < shards_; ++i) {
      std::optional<Keyspace> freed;  // outside of the lock
      Shard& shard = old.shards[i];
      MutexLock lock(shard.mu);
      if (!shard.keyspace.has_value()) continue;
      used -= static_cast<int64_t>(shard.keyspace->bytes().used());
      flushed -= static_cast<int64_t>(shard.keyspace->flushed_cells());
      freed.emplace(std::move(*shard.keyspace));
      shard.keyspace.reset();
    }
    used_ += used;
    flushed_ += flushed;
  }

 private:
  // A cache line of its own: neighbours would slow each other down.
  struct alignas(64) Shard {
    Mutex mu;
    // None: retired.
    std::optional<Keyspace> keyspace ABSL_GUARDED_BY(mu);
  };
  struct Array {
    explicit Array(size_t size) : shards(std::make_unique<Shard[]>(size)) {}
    const std::unique_ptr<Shard[]> shards;
    DatabaseMap map;
  };

  // What follows a change, still under the lock.
  class Written {
   public:
    Written(DataSet& data, Keyspace& keyspace)
        : data_(data),
          keyspace_(keyspace),
          bytes_(Bytes()),
          flushed_(Flushed()) {}
    ~Written() {
      Add(Bytes() - bytes_, data_.used_);
      Add(Flushed() - flushed_, data_.flushed_);
    }
    Written(const Written&) = delete;
    Written& operator=(const Written&) = delete;

   private:
    int64_t Bytes() const {
      return data_.metered_ ? static_cast<int64_t>(keyspace_.bytes().used())
                            : 0;
    }
    int64_t Flushed() const {
      return static_cast<int64_t>(keyspace_.flushed_cells());
    }
    static void Add(int64_t change, std::atomic<int64_t>& sum) {
      if (change != 0) sum.fetch_add(change, std::memory_order_relaxed);
    }
    DataSet& data_;
    Keyspace& keyspace_;
    const int64_t bytes_;
    const int64_t flushed_;
  };

  class GiveWay {
   public:
    GiveWay(const DataSet& data, size_t shard) : data_(data), shard_(shard) {}
    ~GiveWay() {
      const Shard& shard = data_.present_.load()->shards[shard_];
      // A nap and not a yield: who is woken may have been put on this very core.
      for (int i = 0; i < kNapsMax && shard.mu.Contended(); ++i)
        std::this_thread::sleep_for(kNap);
    }
    GiveWay(const GiveWay&) = delete;
    GiveWay& operator=(const GiveWay&) = delete;

   private:
    static constexpr std::chrono::microseconds kNap{20};
    static constexpr int kNapsMax = 20;
    const DataSet& data_;
    const size_t shard_;
  };

  template <typename Use>
  auto Locked(size_t number, Use use) const {
    for (;;) {
      Shard& shard = present_.load(std::memory_order_acquire)->shards[number];
      MutexLock lock(shard.mu);
      if (!shard.keyspace.has_value()) continue;
      return use(*shard.keyspace);
    }
  }

  template <typename Use>
  auto LockedKey(int database, std::string_view key, Use use) const {
    for (;;) {
      Array& array = *present_.load(std::memory_order_acquire);
      const uint8_t physical = array.map.Get(database);
      const uint64_t hash = Hash(physical, key);
      Shard& shard = array.shards[ShardOf(hash, shards_)];
      MutexLock lock(shard.mu);
      if (!shard.keyspace.has_value() || array.map.Get(database) != physical)
        continue;
      return use(*shard.keyspace, Place{physical, hash});
    }
  }

  // What the user of several locked shards sees.
  class At {
   public:
    explicit At(Array& array) : array_(array) {}
    Keyspace& operator()(size_t shard) const ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return *array_.shards[shard].keyspace;
    }
    uint8_t Physical(int logical) const { return array_.map.Get(logical); }
    std::string MapBytes() const { return array_.map.Bytes(); }
    // REQUIRES: all shards are locked.
    void SetMap(std::string_view bytes) const { array_.map.Set(bytes); }

   private:
    Array& array_;
  };

  // The analysis cannot follow a number of locks that is known only at run time.
  template <typename Use>
  auto LockedMany(absl::Span<const size_t> numbers,
                  Use use) const ABSL_NO_THREAD_SAFETY_ANALYSIS {
    class Locks {
     public:
      Locks(Shard* shards, absl::Span<const size_t> of)
          : shards_(shards), of_(of) {
        for (const size_t i : of_) shards_[i].mu.Lock();
      }
      ~Locks() {
        for (const size_t i : of_) shards_[i].mu.Unlock();
      }
      bool Retired() const ABSL_NO_THREAD_SAFETY_ANALYSIS {
        for (const size_t i : of_) {
          if (!shards_[i].keyspace.has_value()) return true;
        }
        return false;
      }

     private:
      Shard* const shards_;
      const absl::Span<const size_t> of_;
    };
    for (;;) {
      Array& array = *present_.load(std::memory_order_acquire);
      const Locks locks(array.shards.get(), numbers);
      if (locks.Retired()) continue;
      return use(At(array));
    }
  }

  static std::string MapIn(Keyspaces& keyspaces);

  const size_t shards_;
  const uint64_t seed_;
  const bool metered_;
  std::atomic<int64_t> used_{0};
  std::atomic<int64_t> flushed_{0};
  Array arrays_[2];
  std::atomic<Array*> present_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_DATA_SET_H_
