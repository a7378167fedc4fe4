#include "engine/memory_storage.h"

#include <gtest/gtest.h>

#include "tests/engine/storage_contract.h"

namespace vigil::engine {
namespace {

class MemoryBench final : public StorageDisk {
 public:
  std::unique_ptr<Storage> Open() override {
    return std::make_unique<MemoryStorage>(disk_);
  }

 private:
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

INSTANTIATE_TEST_SUITE_P(Memory, StorageContract, ::testing::Values([] {
                           return std::make_unique<MemoryBench>();
                         }));

class MemoryDiskTest : public ::testing::Test {
 protected:
  void Append(uint64_t index, bool sync) {
    ASSERT_TRUE(
        storage_->AppendLog(index, index, SetRecords(index, index), sync).ok());
  }
  uint64_t last() const { return disk_->Read().present.last_index(); }

  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  std::unique_ptr<MemoryStorage> storage_ =
      std::make_unique<MemoryStorage>(disk_);
};

TEST_F(MemoryDiskTest, KilledProcessLosesNothing) {
  Append(1, false);
  disk_->Kill();
  EXPECT_EQ(last(), 1u);
}

TEST_F(MemoryDiskTest, PowerCutLosesAnEndOfWhatWasNotSynced) {
  Append(1, false);
  Append(2, true);
  Append(3, false);
  Append(4, false);
  EXPECT_EQ(disk_->unsynced_writes(), 2u);
  disk_->PowerCut(1);
  EXPECT_EQ(last(), 3u);
  disk_->PowerCut(0);
  EXPECT_EQ(last(), 3u) << "what survived once is on the disk";
}

TEST_F(MemoryDiskTest, MetaSyncsWhatWasWrittenBefore) {
  Append(1, false);
  ASSERT_TRUE(storage_->WriteMeta("vote", "1").ok());
  disk_->PowerCut(0);
  EXPECT_EQ(last(), 1u);
}

TEST_F(MemoryDiskTest, TheDeadCannotWrite) {
  disk_->Kill();
  EXPECT_FALSE(storage_->AppendLog(1, 1, SetRecords(1, 1), false).ok());
  EXPECT_FALSE(storage_->WriteMeta("vote", "1").ok());
  EXPECT_EQ(last(), 0u);
}

TEST_F(MemoryDiskTest, AfterOneFailureEverythingFails) {
  disk_->FailSyncs(absl::InternalError("EIO"));
  EXPECT_FALSE(storage_->SyncLog().ok());
  disk_->FailSyncs(absl::OkStatus());
  EXPECT_FALSE(storage_->SyncLog().ok());
  EXPECT_FALSE(storage_->AppendLog(1, 1, SetRecords(1, 1), false).ok());
}

TEST_F(MemoryDiskTest, HasNoDirectoryToBackUpTo) {
  EXPECT_EQ(storage_->Backup("/tmp/x", {}, nullptr, {}).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace vigil::engine
