// max_memory: what a write meets when memory is full.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

constexpr size_t kMaxMemory = 1 << 20;
constexpr size_t kValueBytes = 1000;
// A table that grows takes a few KiB at once, beside what the write itself needs.
constexpr size_t kWriteBytes = kValueBytes + (16 << 10);

class EngineMaxMemory : public EngineTest {
 protected:
  void Open(EvictionPolicy policy) {
    options_.max_memory = kMaxMemory;
    options_.eviction = policy;
    OpenInMemory();
    engine_->OpenGate({});
  }
  absl::Status Write(const std::string& key, size_t bytes = kValueBytes,
                     WallTime expires_at = {}) {
    return engine_->Set(key, std::string(bytes, 'v'), expires_at, kForever)
        .status();
  }
  static std::string Key(int i) { return "k" + std::to_string(i); }
  // Returns how many keys there was room for.
  int Fill() {
    for (int i = 0;; ++i) {
      if (!Write(Key(i)).ok()) return i;
    }
  }
  size_t used() const { return engine_->status().bytes.used(); }
};

TEST_F(EngineMaxMemory, WithoutEvictionAWriteIsRefusedBeforeAnythingChanges) {
  Open(EvictionPolicy::kNoEviction);
  const int keys = Fill();
  EXPECT_GT(keys, 500);
  EXPECT_LE(used(), kMaxMemory + kWriteBytes);
  const Content before = ContentOf(*engine_);
  const uint64_t last = engine_->last_index();
  EXPECT_EQ(Write("new").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Write(Key(0), 2 * kValueBytes).code(),
            absl::StatusCode::kResourceExhausted);
  const std::string value(kValueBytes, 'w');
  EXPECT_EQ(
      engine_
          ->MutateMany(std::vector<Mutation>{{.key = Key(0), .value = value},
                                             {.key = "b", .value = value}},
                       kForever)
          .status()
          .code(),
      absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(engine_->last_index(), last);
  EXPECT_TRUE(ContentOf(*engine_) == before);
  EXPECT_EQ(engine_->status().evicted_keys, 0u);
}

TEST_F(EngineMaxMemory, WhatTakesNoMoreThanBeforeIsAlwaysAllowed) {
  Open(EvictionPolicy::kNoEviction);
  Fill();
  EXPECT_TRUE(Write(Key(0), kValueBytes).ok());
  EXPECT_TRUE(Write(Key(0), 1).ok());
  // Together: one shrinks by more than the other takes.
  const std::string value(kValueBytes / 2, 'w');
  EXPECT_TRUE(
      engine_
          ->MutateMany(std::vector<Mutation>{{.key = Key(1)},
                                             {.key = "b", .value = value}},
                       kForever)
          .ok());
}

TEST_F(EngineMaxMemory, DeletingAndExpiringIsAlwaysAllowed) {
  Open(EvictionPolicy::kNoEviction);
  Fill();
  EXPECT_TRUE(engine_->Delete(Key(0), kForever).ok());
  EXPECT_TRUE(engine_->Delete(Key(1), kForever).ok());
  EXPECT_TRUE(engine_
                  ->Mutate({.kind = Mutation::Kind::kExpire,
                            .key = Key(2),
                            .expires_at = {1}},
                           kForever)
                  .ok());
  EXPECT_TRUE(Write("fits now").ok());
  EXPECT_TRUE(engine_->Flush(std::vector<int>{0}, kForever).ok());
  engine_->DeleteExpired();
  EXPECT_TRUE(Write("and again").ok()) << "flushed memory came back";
}

TEST_F(EngineMaxMemory, FlushedKeysGoBeforeAnythingIsRefusedOrEvicted) {
  for (const EvictionPolicy policy :
       {EvictionPolicy::kNoEviction, EvictionPolicy::kVolatileLru,
        EvictionPolicy::kAllkeysLru, EvictionPolicy::kS3Fifo}) {
    SCOPED_TRACE(static_cast<int>(policy));
    Open(policy);
    // Sessions that expire, and as much of another database that is flushed.
    for (int i = 0; i < 400; ++i)
      ASSERT_TRUE(
          Write(Key(i), kValueBytes, {clock_.Wall().ms + 3'600'000}).ok());
    const std::string value(kValueBytes, 'v');
    for (int i = 0; used() + kWriteBytes < kMaxMemory; ++i) {
      const std::string key = Key(i);
      ASSERT_TRUE(
          engine_->Mutate({.database = 1, .key = key, .value = value}, kForever)
              .ok());
    }
    ASSERT_TRUE(engine_->Flush(std::vector<int>{1}, kForever).ok());
    const uint64_t last = engine_->last_index();
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(Write("n" + Key(i)).ok()) << i;
    EXPECT_EQ(engine_->status().evicted_keys, 0u);
    EXPECT_EQ(engine_->last_index(), last + 200) << "no record but the writes";
    EXPECT_EQ(engine_->KeyCount(0), 600u);
  }
}

TEST_F(EngineMaxMemory, WhatIsNotAppliedEvictsNobody) {
  Open(EvictionPolicy::kAllkeysLru);
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(Write(Key(i)).ok());
  ASSERT_TRUE(engine_->Get("k1999").has_value());
  const uint64_t last = engine_->last_index();
  const uint64_t keys = engine_->KeyCount(0);
  const std::string large(kMaxMemory / 2, 'x');
  const std::string_view present = "k1999";
  const Mutation refused[] = {
      {.key = "new", .value = large, .version = 77},
      {.key = "new",
       .value = large,
       .existence = Mutation::Existence::kPresent},
      {.key = present,
       .value = large,
       .existence = Mutation::Existence::kAbsent},
      {.kind = Mutation::Kind::kIncrement, .key = present, .delta = 1}};
  for (const Mutation& mutation : refused) {
    const auto alone = engine_->Mutate(mutation, kForever);
    EXPECT_TRUE(!alone.ok() || !alone->applied);
    EXPECT_FALSE(engine_->MutateMany({&mutation, 1}, kForever).ok());
  }
  EXPECT_EQ(engine_->last_index(), last);
  EXPECT_EQ(engine_->KeyCount(0), keys);
}

TEST_F(EngineMaxMemory, ABatchLargerThanARecordMayBeEvictsNobody) {
  options_.key_bytes_max = 1000;
  options_.value_bytes_max = 100'000;
  Open(EvictionPolicy::kAllkeysLru);
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(Write(Key(i)).ok());
  const uint64_t last = engine_->last_index();
  const std::string value(900, 'x');
  std::vector<std::string> names;
  std::vector<Mutation> batch;
  for (int i = 0; i < 200; ++i) names.push_back("b" + Key(i));
  for (const std::string& name : names)
    batch.push_back({.key = name, .value = value});
  EXPECT_EQ(engine_->MutateMany(batch, kForever).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(engine_->last_index(), last);
}

TEST_F(EngineMaxMemory, EvictionGoesOnUntilTheWriteFits) {
  for (const EvictionPolicy policy :
       {EvictionPolicy::kAllkeysLru, EvictionPolicy::kAllkeysLfu,
        EvictionPolicy::kAllkeysRandom, EvictionPolicy::kS3Fifo,
        EvictionPolicy::kSieve}) {
    Open(policy);
    for (int i = 0; i < 3000; ++i) {
      ASSERT_TRUE(Write(Key(i)).ok()) << i;
      for (int read = 0; read < 3; ++read) engine_->Get(Key(i - read));
      if (i % 100 == 0) {
        ASSERT_LE(used(), kMaxMemory + kWriteBytes);
      }
    }
    EXPECT_GT(engine_->status().evicted_keys, 1000u);
    ASSERT_TRUE(Write("large", kMaxMemory / 2).ok());
    EXPECT_LE(used(), kMaxMemory + kWriteBytes);
    EXPECT_TRUE(engine_->Exists("large"));
  }
}

// As in Redis, where EXISTS, TTL, TYPE and OBJECT look up without a touch.
TEST_F(EngineMaxMemory, WhatOnlyAsksAboutAKeyDoesNotCountAsARead) {
  using Ask = void (*)(const Engine&, const std::string&);
  const struct {
    const char* name;
    Ask ask;
    bool counts;
  } table[] = {
      {"nothing", [](const Engine&, const std::string&) {}, false},
      {"Get", [](const Engine& e, const std::string& k) { e.Get(k); }, true},
      {"GetPinned",
       [](const Engine& e, const std::string& k) { e.GetPinned(k); }, true},
      {"GetMany",
       [](const Engine& e, const std::string& k) {
         const std::string_view keys[] = {k};
         e.GetMany(keys);
       },
       true},
      {"Touch", [](const Engine& e, const std::string& k) { e.Touch(k); },
       true},
      {"Exists", [](const Engine& e, const std::string& k) { e.Exists(k); },
       false},
      {"Look", [](const Engine& e, const std::string& k) { e.Look(k); }, false},
  };
  options_.shards = 1;
  for (const auto& row : table) {
    Open(EvictionPolicy::kSieve);
    // The very first may have gone when they are asked about.
    constexpr int kFirst = 10;
    constexpr int kOldest = 50;  // fewer than a policy spares in one go
    int keys = 0;
    for (; engine_->status().evicted_keys == 0; ++keys)
      ASSERT_TRUE(Write(Key(keys)).ok());
    for (int i = 0; i < kOldest; ++i) row.ask(*engine_, Key(kFirst + i));
    for (; engine_->status().evicted_keys < kFirst + kOldest; ++keys)
      ASSERT_TRUE(Write(Key(keys)).ok());
    int left = 0;
    for (int i = 0; i < kOldest; ++i) left += engine_->Exists(Key(kFirst + i));
    EXPECT_EQ(left, row.counts ? kOldest : 0) << row.name;
  }
}

TEST_F(EngineMaxMemory, AnEvictionIsARecordThatSaysSo) {
  Open(EvictionPolicy::kSieve);
  for (int i = 0; engine_->status().evicted_keys == 0; ++i) {
    ASSERT_TRUE(Write(Key(i)).ok());
  }
  const auto log = engine_->ReadLog(1, SIZE_MAX / 2);
  ASSERT_TRUE(log.ok());
  Content replayed;
  Replay(log->records, replayed);
  EXPECT_EQ(replayed, ContentOf(*engine_));
  const auto records = DecodeRecords(log->records);
  const auto evictions = static_cast<uint64_t>(std::count_if(
      records->begin(), records->end(), [](const EncodedRecord& each) {
        return each.record.cause == Cause::kEvicted;
      }));
  // One write takes more than one key when the table has grown before it.
  EXPECT_EQ(evictions, engine_->status().evicted_keys);
}

TEST_F(EngineMaxMemory, AValueLargerThanTheLimitIsRefused) {
  for (const EvictionPolicy policy :
       {EvictionPolicy::kNoEviction, EvictionPolicy::kS3Fifo}) {
    Open(policy);
    ASSERT_TRUE(Write("other").ok());
    EXPECT_EQ(Write("k", kMaxMemory + 1).code(),
              absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(engine_->Exists("other")) << "nothing goes in vain";
    EXPECT_FALSE(engine_->Exists("k"));
    EXPECT_TRUE(Write("small").ok());
  }
}

TEST_F(EngineMaxMemory, VolatilePoliciesRefuseWhenNoKeyExpires) {
  Open(EvictionPolicy::kVolatileTtl);
  const int keys = Fill();
  for (int i = 0; i < keys; ++i) EXPECT_TRUE(engine_->Exists(Key(i)));
  EXPECT_EQ(engine_->status().evicted_keys, 0u);
}

TEST_F(EngineMaxMemory, WritersTogetherAreOverTheLimitByAWriteEachAtMost) {
  Open(EvictionPolicy::kS3Fifo);
  constexpr int kThreads = 4;
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; !stop; ++i)
        ASSERT_TRUE(Write(std::to_string(t) + Key(i % 5000)).ok());
    });
  }
  while (engine_->status().evicted_keys < 5000)
    EXPECT_LE(used(), kMaxMemory + kThreads * kWriteBytes);
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

}  // namespace
}  // namespace vigil::engine
