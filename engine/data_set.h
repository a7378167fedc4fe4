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
#include <array>
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
#include "engine/hash.h"
#include "engine/keyspace.h"
#include "engine/keyspaces.h"
#include "engine/reclaimer.h"

namespace vigil::engine {

class DataSet {
 public:
  // `metered`: used_bytes() is kept up to date, at a few nanoseconds a write.
  // `bell` rings when reclaimer() has something to do.
  DataSet(Keyspaces keyspaces, bool metered, Signal& bell)
      : shards_(keyspaces.size()),
        seed_(keyspaces.seed()),
        metered_(metered),
        reclaimer_(bell),
        arrays_{std::make_unique<Shard[]>(shards_),
                std::make_unique<Shard[]>(shards_)},
        present_(arrays_[1].get()) {
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

  // Calls use(at) with all of `shards` locked, where at(shard) is the keyspace of
  // one of them. REQUIRES: ascending, none twice.
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
        map_.Set(effect.value);
    });
  }
  // In ascending order.
  std::vector<size_t> ShardsOf(const RecordView& record) const;

  // Which database an application's number means at present.
  uint8_t Physical(int logical) const { return map_.Get(logical); }
  std::string DatabaseMap() const { return map_.Bytes(); }

  // What large values left behind, to be freed by whoever has the time.
  Reclaimer& reclaimer() { return reclaimer_; }
  // Bytes in use by all shards; 0 if not metered.
  size_t used_bytes() const {
    return static_cast<size_t>(
        std::max<int64_t>(0, used_.load(std::memory_order_relaxed)));
  }

  // REQUIRES: as many keyspaces as shards, with the same seed; one caller at a time.
  void Replace(Keyspaces keyspaces) {
    Shard* const old = present_;
    Shard* const next =
        old == arrays_[0].get() ? arrays_[1].get() : arrays_[0].get();
    const std::string map = MapIn(keyspaces);
    int64_t used = 0;
    for (size_t i = 0; i < shards_; ++i) {
      used += static_cast<int64_t>(keyspaces[i].bytes().used());
      MutexLock lock(next[i].mu);
      next[i].keyspace.emplace(std::move(keyspaces[i]));
    }
    map_.Set(map);
    present_ = next;
    for (size_t i = 0; i < shards_; ++i) {
      std::optional<Keyspace> freed;  // outside of the lock
      MutexLock lock(old[i].mu);
      if (!old[i].keyspace.has_value()) continue;
      used -= static_cast<int64_t>(old[i].keyspace->bytes().used());
      freed.emplace(std::move(*old[i].keyspace));
      old[i].keyspace.reset();
    }
    used_ += used;
  }

 private:
  // A cache line of its own: neighbours would slow each other down.
  struct alignas(64) Shard {
    Mutex mu;
    // None: retired.
    std::optional<Keyspace> keyspace ABSL_GUARDED_BY(mu);
  };

  // What follows a change, still under the lock.
  class Written {
   public:
    Written(DataSet& data, Keyspace& keyspace)
        : data_(data), keyspace_(keyspace), before_(Bytes()) {}
    ~Written() {
      const int64_t change = Bytes() - before_;
      if (change != 0) data_.used_.fetch_add(change, std::memory_order_relaxed);
      if (keyspace_.has_doomed()) data_.reclaimer_.Add(keyspace_.TakeDoomed());
    }
    Written(const Written&) = delete;
    Written& operator=(const Written&) = delete;

   private:
    int64_t Bytes() const {
      return data_.metered_ ? static_cast<int64_t>(keyspace_.bytes().used())
                            : 0;
    }
    DataSet& data_;
    Keyspace& keyspace_;
    const int64_t before_;
  };

  class GiveWay {
   public:
    GiveWay(const DataSet& data, size_t shard) : data_(data), shard_(shard) {}
    ~GiveWay() {
      const Shard& shard = data_.present_.load()[shard_];
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
      Shard& shard = present_.load(std::memory_order_acquire)[number];
      MutexLock lock(shard.mu);
      if (!shard.keyspace.has_value()) continue;
      return use(*shard.keyspace);
    }
  }

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
      Shard* const shards = present_.load(std::memory_order_acquire);
      const Locks locks(shards, numbers);
      if (locks.Retired()) continue;
      return use([&](size_t i) ABSL_NO_THREAD_SAFETY_ANALYSIS -> Keyspace& {
        return *shards[i].keyspace;
      });
    }
  }

  static std::string MapIn(Keyspaces& keyspaces);

  // Read without a lock: a write that meets a swap goes before or after it.
  class Map {
   public:
    Map() { Set({}); }
    uint8_t Get(int logical) const {
      return physical_[static_cast<size_t>(logical)].load(
          std::memory_order_relaxed);
    }
    // What `bytes` does not say stays where it is named.
    void Set(std::string_view bytes) {
      for (size_t i = 0; i < physical_.size(); ++i)
        physical_[i] = static_cast<uint8_t>(i < bytes.size() ? bytes[i] : i);
    }
    std::string Bytes() const {
      std::string bytes;
      for (const auto& each : physical_)
        bytes.push_back(static_cast<char>(each.load()));
      return bytes;
    }

   private:
    std::array<std::atomic<uint8_t>, kDatabasesMax> physical_;
  };

  const size_t shards_;
  const uint64_t seed_;
  const bool metered_;
  std::atomic<int64_t> used_{0};
  Reclaimer reclaimer_;
  Map map_;
  const std::unique_ptr<Shard[]> arrays_[2];
  std::atomic<Shard*> present_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_DATA_SET_H_
