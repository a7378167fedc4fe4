// Swaps beside writers: a batch, and a flush of everything, mean the databases of one
// moment.
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

constexpr int kLast = kDatabasesMax - 1;

// Swaps the first and the last database until it is destroyed.
class Swapper {
 public:
  explicit Swapper(Engine& engine)
      : thread_([this, &engine] {
          while (!stop_) {
            EXPECT_TRUE(engine.SwapDatabases(0, kLast, kForever).ok());
            ++swaps_;
          }
        }) {}
  ~Swapper() {
    stop_ = true;
    thread_.join();
  }
  uint64_t swaps() const { return swaps_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> swaps_{0};
  std::thread thread_;
};

class EngineSwap : public EngineTest {
 protected:
  void SetUp() override {
    options_.databases = kDatabasesMax;
    options_.log_memory_bytes = 256 << 20;  // all of it
    OpenInMemory();
    engine_->OpenGate({});
  }
  // The same key in both, and work enough between them for a swap to come in.
  void SetInBoth(const std::string& key) {
    std::vector<Mutation> batch = {{.key = key, .value = "v"}};
    for (int i = 0; i < 100; ++i)
      batch.push_back({.kind = Mutation::Kind::kCheck, .key = "c"});
    batch.push_back({.database = kLast, .key = key, .value = "v"});
    ASSERT_TRUE(engine_->MutateMany(batch, kForever).ok());
  }
};

TEST_F(EngineSwap, ABatchOfTwoDatabasesIsOfOneMoment) {
  constexpr uint64_t kBatches = 1000;
  {
    const Swapper swapper(*engine_);
    for (uint64_t i = 0; i < kBatches || swapper.swaps() < 10; ++i) {
      SetInBoth(std::to_string(i % kBatches));
    }
  }
  EXPECT_EQ(engine_->KeyCount(0), kBatches);
  EXPECT_EQ(engine_->KeyCount(kLast), kBatches);
}

TEST_F(EngineSwap, AWriteIsInTheDatabaseThatItsNumberMeantInTheLog) {
  {
    const Swapper swapper(*engine_);
    for (int i = 0; i < 3000 || swapper.swaps() < 10; ++i)
      ASSERT_TRUE(engine_->Set("k", std::to_string(i), {}, kForever).ok());
  }
  uint8_t first = 0;  // what 0 means
  uint64_t writes = 0;
  for (uint64_t next = 1; next <= engine_->last_index();) {
    const auto slice = engine_->ReadLog(next, 1 << 20);
    ASSERT_TRUE(slice.ok()) << slice.status();
    next = slice->last + 1;
    const auto records = DecodeRecords(slice->records);
    ASSERT_TRUE(records.ok()) << records.status();
    for (const EncodedRecord& each : *records) {
      if (each.record.type == RecordType::kSet) {
        ASSERT_EQ(each.record.database, first) << each.record.index;
        ++writes;
      }
      ForEachEffect(each.record, [&](const RecordView& effect) {
        if (effect.database == kOwnDatabase && effect.key == kMapKey)
          first = static_cast<uint8_t>(effect.value.front());
      });
    }
  }
  EXPECT_GE(writes, 3000u);
}

TEST_F(EngineSwap, AFlushOfAllDatabasesLeavesNothing) {
  std::vector<int> all(kDatabasesMax);
  std::iota(all.begin(), all.end(), 0);
  const Swapper swapper(*engine_);
  for (int i = 0; i < 3000 || swapper.swaps() < 10; ++i) {
    SetInBoth("k");
    ASSERT_TRUE(engine_->Flush(all, kForever).ok());
    ASSERT_EQ(engine_->status().keys, 0u) << i;
  }
}

}  // namespace
}  // namespace vigil::engine
