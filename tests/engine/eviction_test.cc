// Which key goes first, policy by policy.
#include "engine/eviction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <list>
#include <map>
#include <set>
#include <string>

#include "engine/base/random.h"
#include "engine/databases.h"
#include "tests/engine/cache.h"

namespace vigil::engine {
namespace {

using Policy = EvictionPolicy;

std::string Key(uint64_t i) { return "k" + std::to_string(i); }

constexpr Policy kAllkeys[] = {Policy::kAllkeysLru, Policy::kAllkeysLfu,
                               Policy::kAllkeysRandom, Policy::kS3Fifo,
                               Policy::kSieve};
constexpr Policy kVolatile[] = {Policy::kVolatileLru, Policy::kVolatileLfu,
                                Policy::kVolatileRandom, Policy::kVolatileTtl};

TEST(Eviction, NoEvictionEvictsNothing) {
  Cache cache(Policy::kNoEviction);
  cache.Set("k");
  EXPECT_EQ(cache.Evict(), std::nullopt);
}

TEST(Eviction, AllkeysPoliciesEmptyTheShardHoweverOftenItWasRead) {
  for (const Policy policy : kAllkeys) {
    Cache cache(policy);
    constexpr int kKeys = 2000;
    for (int i = 0; i < kKeys; ++i) cache.Set(Key(i));
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < kKeys; ++i) cache.Read(Key(i));
    }
    for (int i = 0; i < kKeys; ++i)
      ASSERT_NE(cache.Evict(), std::nullopt) << static_cast<int>(policy);
    EXPECT_EQ(cache.Evict(), std::nullopt);
    EXPECT_EQ(cache.keys(), 0u);
  }
}

TEST(Eviction, TheOnlyKeyGoes) {
  for (const Policy policy : kAllkeys) {
    Cache cache(policy);
    cache.Set("k");
    EXPECT_EQ(cache.Evict(), "k");
    EXPECT_EQ(cache.Evict(), std::nullopt);
  }
}

TEST(Eviction, FindsAVictimBehindAnyNumberOfKeysThatWereDeleted) {
  for (const Policy policy : kAllkeys) {
    Cache cache(policy);
    for (int i = 0; i < 2000; ++i) cache.Set(Key(i));
    for (int i = 0; i < 900; ++i) cache.Delete(Key(i));
    for (int i = 0; i < 1100; ++i)
      ASSERT_NE(cache.Evict(), std::nullopt) << static_cast<int>(policy);
  }
}

TEST(Eviction, VolatilePoliciesFindTheOneKeyThatExpires) {
  for (const Policy policy : kVolatile) {
    Cache cache(policy);
    for (int i = 0; i < 200'000; ++i) cache.Set(Key(i));
    EXPECT_EQ(cache.Evict(), std::nullopt) << static_cast<int>(policy);
    cache.Set("session", WallTime{1'000});
    EXPECT_EQ(cache.Evict(), "session") << static_cast<int>(policy);
    EXPECT_EQ(cache.Evict(), std::nullopt) << static_cast<int>(policy);
  }
}

TEST(Eviction, VolatilePoliciesTouchNoKeyWithoutExpiry) {
  for (const Policy policy : kVolatile) {
    Cache cache(policy);
    for (int i = 0; i < 200; ++i) cache.Set(Key(i));
    EXPECT_EQ(cache.Evict(), std::nullopt) << "there is none that expires";
    for (int i = 200; i < 300; ++i) cache.Set(Key(i), {1000});
    for (int i = 0; i < 100; ++i)
      ASSERT_NE(cache.Evict(), std::nullopt) << static_cast<int>(policy);
    EXPECT_EQ(cache.Evict(), std::nullopt);
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(cache.Has(Key(i)));
  }
}

// They say which databases were flushed and swapped.
TEST(Eviction, TheEnginesOwnEntriesAreNeverEvicted) {
  for (const Policy policy : kAllkeys) {
    Cache cache(policy);
    cache.Set(kMapKey, {}, kOwnDatabase);
    cache.Set("k");
    cache.Set(FlushKey(3), {}, kOwnDatabase);
    EXPECT_EQ(cache.Evict(), "k") << static_cast<int>(policy);
    EXPECT_EQ(cache.Evict(), std::nullopt) << static_cast<int>(policy);
    EXPECT_TRUE(cache.Has(kMapKey, kOwnDatabase));
  }
}

// --- Redis' policies: among 16 keys each is looked at

TEST(Eviction, LruTakesTheKeyThatWasReadLongestAgo) {
  for (const Policy policy : {Policy::kAllkeysLru, Policy::kVolatileLru}) {
    Cache cache(policy);
    cache.SetTick(0xfffffe);  // it wraps while they are read
    for (int i = 0; i < 8; ++i) {
      cache.SetTick(0xfffffe + static_cast<uint32_t>(i));
      cache.Set(Key(i), {1000});
    }
    cache.SetTick(0xfffffe + 8);
    cache.Read(Key(0));
    for (int i = 1; i < 8; ++i) EXPECT_EQ(cache.Evict(), Key(i));
    EXPECT_EQ(cache.Evict(), Key(0));
  }
}

TEST(Eviction, LfuTakesTheKeyThatWasReadLeastOften) {
  for (const Policy policy : {Policy::kAllkeysLfu, Policy::kVolatileLfu}) {
    Cache cache(policy);
    cache.SetTick(600);
    for (int i = 0; i < 8; ++i) {
      cache.Set(Key(i), {1000});
      if (i == 3) continue;
      for (int reads = 0; reads < 100; ++reads) cache.Read(Key(i));
    }
    EXPECT_EQ(cache.Evict(), Key(3));
  }
}

TEST(Eviction, LfuForgetsOneCountAMinute) {
  Cache cache(Policy::kAllkeysLfu);
  cache.Set("was read a lot");
  for (int reads = 0; reads < 1000; ++reads) cache.Read("was read a lot");
  cache.SetTick(200 * 600);  // 200 minutes
  cache.Set("new");
  EXPECT_EQ(cache.Evict(), "was read a lot");
}

TEST(Eviction, TtlTakesTheKeyThatExpiresFirst) {
  Cache cache(Policy::kVolatileTtl);
  cache.Set("later", {3000});
  cache.Set("first", {1000});
  cache.Set("never");
  cache.Set("second", {2000});
  EXPECT_EQ(cache.Evict(), "first");
  EXPECT_EQ(cache.Evict(), "second");
  EXPECT_EQ(cache.Evict(), "later");
  EXPECT_EQ(cache.Evict(), std::nullopt);
}

TEST(Eviction, RandomTakesEachKeySooner0rLater) {
  std::set<std::string> first;
  for (const Policy policy :
       {Policy::kAllkeysRandom, Policy::kVolatileRandom}) {
    Cache cache(policy);
    for (int i = 0; i < 4; ++i) cache.Set(Key(i), {1000});
    for (int i = 0; i < 200; ++i) {
      const std::string victim = cache.Evict().value_or("none");
      first.insert(victim);
      cache.Set(victim, {1000});
    }
    EXPECT_EQ(first.size(), 4u);
  }
}

// --- S3-FIFO

TEST(S3Fifo, AScanDoesNotPushOutWhatIsRead) {
  Cache cache(Policy::kS3Fifo);
  constexpr size_t kKeys = 1000;
  // A working set of half of the room, read again and again, ...
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 500; ++i) cache.Use(Key(i), kKeys);
  }
  // ... and a scan of ten times the room.
  for (int i = 0; i < 10'000; ++i) cache.Use("scan" + Key(i), kKeys);
  int kept = 0;
  for (int i = 0; i < 500; ++i) kept += cache.Has(Key(i));
  EXPECT_GT(kept, 490);
}

TEST(S3Fifo, AKeyThatComesBackSoonAfterItsEvictionStays) {
  Cache cache(Policy::kS3Fifo);
  constexpr size_t kKeys = 100;
  for (int i = 0; i < 100; ++i) cache.Use(Key(i), kKeys);
  ASSERT_EQ(cache.Evict(), Key(0)) << "the oldest, never read";
  cache.Set(Key(0));
  for (int i = 0; i < 1000; ++i) {
    cache.Use("scan" + Key(i), kKeys);
    ASSERT_TRUE(cache.Has(Key(0))) << i;
  }
}

TEST(S3Fifo, AKeyThatWasDeletedIsNotRemembered) {
  Cache cache(Policy::kS3Fifo);
  for (int i = 0; i < 100; ++i) cache.Set(Key(i));
  cache.Delete(Key(0));
  cache.Set(Key(0));
  for (int i = 1; i < 100; ++i) EXPECT_EQ(cache.Evict(), Key(i));
  EXPECT_EQ(cache.Evict(), Key(0)) << "as young as any other new key";
}

TEST(S3Fifo, WhatWasLoadedCountsAsOld) {
  Cache cache(Policy::kS3Fifo);
  for (int i = 0; i < 100; ++i) cache.Load(Key(i));
  for (int i = 0; i < 1000; ++i) cache.Use("scan" + Key(i), 110);
  int kept = 0;
  for (int i = 0; i < 100; ++i) kept += cache.Has(Key(i));
  EXPECT_GT(kept, 90) << "a scan after a restart does not push it out";
}

// --- SIEVE

TEST(Sieve, TheHandSparesWhatWasReadOnceARound) {
  Cache cache(Policy::kSieve);
  for (int i = 0; i < 4; ++i) cache.Set(Key(i));
  cache.Read(Key(0));
  cache.Read(Key(2));
  EXPECT_EQ(cache.Evict(), Key(1));
  EXPECT_EQ(cache.Evict(), Key(3));
  EXPECT_EQ(cache.Evict(), Key(0)) << "not read since the hand passed";
  EXPECT_EQ(cache.Evict(), Key(2));
  EXPECT_EQ(cache.Evict(), std::nullopt);
}

TEST(Sieve, NewKeysComeInBehindTheHand) {
  Cache cache(Policy::kSieve);
  for (int i = 0; i < 4; ++i) cache.Set(Key(i));
  cache.Read(Key(0));
  EXPECT_EQ(cache.Evict(), Key(1));
  cache.Set("new");
  EXPECT_EQ(cache.Evict(), Key(2));
  EXPECT_EQ(cache.Evict(), Key(3));
  EXPECT_EQ(cache.Evict(), "new");
  EXPECT_EQ(cache.Evict(), Key(0));
}

TEST(Sieve, BehindTheYoungestComesTheOldest) {
  Cache cache(Policy::kSieve);
  for (int i = 0; i < 4; ++i) cache.Set(Key(i));
  for (int i = 0; i < 3; ++i) cache.Read(Key(i));
  EXPECT_EQ(cache.Evict(), Key(3));
  cache.Set("new");
  EXPECT_EQ(cache.Evict(), Key(0));
}

// The algorithm as it is written, with a list.
class ExactSieve {
 public:
  explicit ExactSieve(size_t keys) : keys_(keys) {}
  bool Use(const std::string& key) {
    if (const auto it = places_.find(key); it != places_.end()) {
      it->second->read = true;
      return true;
    }
    if (queue_.size() == keys_) Evict();
    queue_.push_back({key, false});
    places_[key] = std::prev(queue_.end());
    return false;
  }

 private:
  struct Place {
    std::string key;
    bool read;
  };
  void Evict() {
    for (;; ++hand_) {
      if (hand_ == queue_.end()) hand_ = queue_.begin();
      if (!hand_->read) break;
      hand_->read = false;
    }
    places_.erase(hand_->key);
    hand_ = queue_.erase(hand_);
  }

  const size_t keys_;
  std::list<Place> queue_;  // the oldest first
  std::map<std::string, std::list<Place>::iterator> places_;
  std::list<Place>::iterator hand_ = queue_.end();
};

// The places of keys that have gone are tidied away under its hand.
TEST(Sieve, HitsAsOftenAsTheAlgorithm) {
  constexpr size_t kKeys = 200;
  for (const bool tidied : {false, true}) {
    Cache cache(Policy::kSieve);
    ExactSieve exact(kKeys);
    Random random(3);
    int hits = 0;
    int expected = 0;
    for (int i = 0; i < 40'000; ++i) {
      // The smaller of two: small numbers are asked for more often.
      const std::string key = Key(static_cast<int>(
          std::min(random.Uniform(2000), random.Uniform(2000))));
      hits += cache.Use(key, kKeys);
      expected += exact.Use(key);
      if (tidied && i % 100 == 0) cache.SetTick(1);
    }
    EXPECT_NEAR(hits, expected, expected / 100) << tidied;
  }
}

// --- Both queues: what is left behind by keys that go

TEST(EvictionQueues, MemoryIsBoundedWhileKeysComeAndGo) {
  for (const Policy policy : {Policy::kS3Fifo, Policy::kSieve}) {
    Cache cache(policy);
    constexpr int kKeys = 1000;
    for (int i = 0; i < kKeys; ++i) cache.Set(Key(i));
    for (int i = 0; i < 100 * kKeys; ++i) {
      cache.Delete(Key(i % kKeys));
      cache.Set(Key(i % kKeys));
      // As the housekeeper does: without it a place stays until memory is full.
      if (i % 1000 != 0) continue;
      cache.SetTick(1);
      ASSERT_LE(cache.policy_bytes(), 64u * kKeys);
    }
  }
}

TEST(EvictionQueues, APlaceOfADeletedKeyIsNotThatOfItsSuccessor) {
  for (const Policy policy : {Policy::kS3Fifo, Policy::kSieve}) {
    Cache cache(policy);
    for (int i = 0; i < 10; ++i) cache.Set(Key(i));
    cache.Delete(Key(0));
    cache.Set(Key(0));  // now the youngest
    EXPECT_EQ(cache.Evict(), Key(1));
    EXPECT_EQ(cache.Evict(), Key(2));
  }
}

// Against each other in all orders, with numbers of a simple simulation as judge: no
// crash, no lost key, never more keys than there is room.
TEST(EvictionQueues, SurviveRandomUse) {
  Random random(1);
  for (const Policy policy : kAllkeys) {
    Cache cache(policy);
    for (int i = 0; i < 100'000; ++i) {
      const std::string key = Key(random.Uniform(1 + random.Uniform(3000)));
      switch (random.Uniform(10)) {
        case 0:
          cache.Delete(key);
          break;
        case 1:
          cache.Set(key, {1000});
          break;
        case 2:
          cache.SetTick(static_cast<uint32_t>(i));
          break;
        default:
          cache.Use(key, 500);
          ASSERT_TRUE(cache.Has(key));
          break;
      }
      ASSERT_LE(cache.keys(), 1000u);
    }
  }
}

}  // namespace
}  // namespace vigil::engine
