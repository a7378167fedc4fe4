// A checkpoint while writers go on, and a process that dies right after it.
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

// Lets a test do something in the middle of a pass, and kills the process when the
// next one is complete.
class WatchedStorage final : public MemoryStorage {
 public:
  explicit WatchedStorage(std::shared_ptr<MemoryDisk> disk)
      : MemoryStorage(disk), disk_(std::move(disk)) {}

  absl::Status WriteState(const std::vector<StateChange>& changes) override {
    absl::Status s = MemoryStorage::WriteState(changes);
    if (auto act = std::exchange(after_write, nullptr)) act();
    return s;
  }
  absl::Status FinishCheckpoint(uint64_t index, uint64_t kept) override {
    absl::Status s = MemoryStorage::FinishCheckpoint(index, kept);
    if (kill) disk_->Kill();
    return s;
  }

  std::function<void()> after_write;
  bool kill = false;

 private:
  const std::shared_ptr<MemoryDisk> disk_;
};

class CheckpointBesideWriters : public EngineTest {
 protected:
  // More than one write to the storage, all of one shard: the pass has taken the keys
  // that are gone when the first of them is made, and not the dirty ones yet.
  static constexpr int kKeys = 40;  // of 32 KiB
  static std::string LongKey(int i) {
    return std::string(32 << 10, 'k') + absl::StrCat(i);
  }

  void SetUp() override {
    options_.shards = 1;
    auto storage = std::make_unique<WatchedStorage>(disk_);
    storage_ = storage.get();
    engine_ = *Engine::Open(options_, std::move(storage), clock_, nullptr);
    engine_->OpenGate({});
    Set("k", "first");
    for (int i = 0; i < kKeys; ++i) Set(LongKey(i), "v");
    ASSERT_TRUE(engine_->Checkpoint().ok());
    for (int i = 0; i < kKeys; ++i) Delete(LongKey(i));
  }

  void Delete(std::string_view key) {
    EXPECT_TRUE(engine_->Delete(key, kForever).ok());
  }

  // Calls write() in the middle of a pass, at whose end the process dies.
  void CheckpointAndDie(std::function<void()> write) {
    storage_->after_write = std::move(write);
    storage_->kill = true;
    EXPECT_TRUE(engine_->Checkpoint().ok());
    EXPECT_EQ(storage_->after_write, nullptr);
    OpenOnDisk();
  }

  WatchedStorage* storage_ = nullptr;
};

TEST_F(CheckpointBesideWriters,
       AKeyThatIsDeletedMeanwhileDoesNotComeBackOlder) {
  Set("k", "second");
  CheckpointAndDie([this] { Delete("k"); });
  EXPECT_EQ(Get("k"), "(none)");
}

TEST_F(CheckpointBesideWriters, NorOneThatIsFlushedMeanwhile) {
  Set("k", "second");
  CheckpointAndDie([this] { EXPECT_TRUE(engine_->Flush({0}, kForever).ok()); });
  EXPECT_EQ(Get("k"), "(none)");
}

TEST_F(CheckpointBesideWriters, WhatIsWrittenMeanwhileIsThere) {
  CheckpointAndDie([this] { Set("k", "second"); });
  EXPECT_EQ(Get("k"), "second");
}

}  // namespace
}  // namespace vigil::engine
