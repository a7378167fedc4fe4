// Reads beside writers: several keys of one moment, and values read in place.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

class EngineReads : public EngineTest {
 protected:
  void SetUp() override {
    OpenInMemory();
    engine_->OpenGate({});
  }
};

TEST_F(EngineReads, GetManySeesABatchWholeOrNotAtAll) {
  const std::vector<std::string_view> keys = {"a", "b", "c", "d", "e", "a"};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string value = std::to_string(i);
      std::vector<Mutation> batch;
      for (size_t k = 0; k < 5; ++k)
        batch.push_back({.key = keys[k], .value = value});
      ASSERT_TRUE(engine_->MutateMany(batch, kForever).ok());
    }
  });
  for (int i = 0; i < 3000; ++i) {
    const auto entries = engine_->GetMany(keys);
    ASSERT_EQ(entries.size(), keys.size());
    for (const auto& entry : entries) {
      ASSERT_EQ(entry.has_value(), entries[0].has_value());
      if (!entry.has_value()) continue;
      ASSERT_EQ(entry->value, entries[0]->value);
      ASSERT_EQ(entry->version, entries[0]->version);
    }
  }
  stop = true;
  writer.join();
}

TEST_F(EngineReads, GetManyOfNothingAndOfWhatIsNotThere) {
  EXPECT_TRUE(engine_->GetMany({}).empty());
  Set("k", "v");
  Set("expired", "v", {1});
  const std::vector<std::string_view> keys = {"none", "k", "expired", "k"};
  const auto entries = engine_->GetMany(keys);
  EXPECT_FALSE(entries[0].has_value());
  EXPECT_EQ(entries[1]->value, "v");
  EXPECT_FALSE(entries[2].has_value());
  EXPECT_EQ(entries[3]->value, "v");
  EXPECT_FALSE(engine_->GetMany(keys, 1)[1].has_value());
}

TEST_F(EngineReads, APinnedValueOutlivesItsKeyAndTheEngine) {
  std::vector<PinnedEntry> pinned;
  const std::string small(100, 's');
  const std::string large(100'000, 'l');
  Set("small", small);
  Set("large", large, {clock_.Wall().ms + 1000});
  for (const char* key : {"small", "large"}) {
    pinned.push_back(*engine_->GetPinned(key));
    ASSERT_TRUE(engine_->Delete(key, kForever).ok());
    Set(key, "other");
  }
  engine_->DeleteExpired();
  engine_.reset();
  EXPECT_EQ(pinned[0].value(), small);
  EXPECT_EQ(pinned[1].value(), large);
  EXPECT_EQ(pinned[0].version(), 1u);
  EXPECT_EQ(pinned[1].version(), 2u);
  EXPECT_EQ(pinned[1].expires_at().ms, clock_.Wall().ms + 1000);
}

TEST_F(EngineReads, PinnedValuesAreWholeWhileTheirKeyChanges) {
  std::atomic<bool> stop{false};
  Set("k", std::string(5000, 'a'));
  std::thread writer([&] {
    for (int i = 0; !stop; ++i)
      Set("k", std::string(3000 + static_cast<size_t>(i % 5) * 30'000,
                           static_cast<char>('a' + i % 26)));
  });
  for (int i = 0; i < 2000; ++i) {
    const auto pinned = engine_->GetPinned("k");
    ASSERT_TRUE(pinned.has_value());
    const std::string_view value = pinned->value();
    ASSERT_EQ(value.find_first_not_of(value[0]), value.npos);
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace vigil::engine
