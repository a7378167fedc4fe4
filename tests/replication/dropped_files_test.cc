#include "replication/dropped_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/memory_storage.h"
#include "engine/record.h"
#include "gtest/gtest.h"
#include "tests/engine/records.h"
#include "tests/replication/core_test_values.h"
#include "tests/support/temp_dir.h"

namespace vigil::replication {
namespace {

namespace fs = std::filesystem;
using engine::DeleteRecord;
using engine::SetRecord;
using engine::SetRecords;

// A member with records 1 to 14 of epoch 1 and 15 to 20 of its own epoch 2, which is
// to follow a master of epoch 3.
class DroppedFilesTest : public testing::Test {
 protected:
  DroppedFilesTest() {
    options_.shards = 4;
    Restart();
    EXPECT_TRUE(engine_->Apply(SetRecords(1, 20)).ok());
  }

  // A new process on the same disk and directory.
  void Restart() {
    files_.reset();
    engine_.reset();
    engine_ = *engine::Engine::Open(
        options_, std::make_unique<engine::MemoryStorage>(disk_), clock_, {});
    files_ = std::make_unique<DroppedFiles>(
        *engine_,
        DroppedOptions{.dir = dir_,
                       .listener =
                           [this](const DroppedReport& report) {
                             reports_.push_back(report);
                           }},
        Logger{});
    files_->Recover();
  }

  // What the switch does.
  void Switch(uint64_t common) {
    ASSERT_TRUE(engine_->BeginRewind(common, 1000).ok());
    ASSERT_TRUE(engine_->CommitStaging(files_->MetaOfSwitch()).ok());
    files_->Switched();
  }
  void KeepAndSwitch(uint64_t common) {
    ASSERT_TRUE(files_->Keep(common, mine_).ok());
    Switch(common);
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator(dir_, ignored))
      names.push_back(file.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  // "key=value@epoch/index" of each record.
  static std::vector<std::string> Read(const DroppedSource& source) {
    DroppedReader reader(source);
    const auto tail = reader.ReadHead();
    EXPECT_TRUE(tail.ok()) << tail.status();
    std::vector<std::string> writes;
    for (;;) {
      const auto next = reader.Next();
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok() || !next->has_value()) return writes;
      const engine::RecordView& record = (*next)->record;
      writes.push_back(
          absl::StrCat(std::string(record.key), "=", std::string(record.value),
                       "@", ToString(tail->history.PositionAt(record.index))));
    }
  }

  const History mine_ = H({{1, 1}, {2, 15}});
  const History group_ = H({{1, 1}, {3, 15}});
  TempDir folder_;
  std::string dir_ = folder_.path() + "/dropped";
  const SystemClock clock_;
  engine::EngineOptions options_;
  std::shared_ptr<engine::MemoryDisk> disk_ =
      std::make_shared<engine::MemoryDisk>();
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<DroppedFiles> files_;
  std::vector<DroppedReport> reports_;
};

TEST_F(DroppedFilesTest, WhatIsDroppedIsToldWhenItIsSettled) {
  KeepAndSwitch(14);
  EXPECT_TRUE(reports_.empty()) << "it may come back";
  files_->Settle(group_);
  ASSERT_EQ(reports_.size(), 1u);
  const std::string name = absl::StrCat(ToString(E(2)), "-15-20.log");
  EXPECT_EQ(reports_[0].source.path, dir_ + "/" + name);
  EXPECT_EQ(Names(), std::vector<std::string>{name});
  const auto writes = Read(reports_[0].source);
  ASSERT_EQ(writes.size(), 6u);
  EXPECT_EQ(writes.front(), "k15=v15@2/15");
  EXPECT_EQ(writes.back(), "k20=v20@2/20");
  EXPECT_EQ(files_->counters().writes, 6u);
  EXPECT_EQ(files_->counters().bytes, 36u);
  EXPECT_EQ(files_->counters().last_file, reports_[0].source.path);
  files_->Settle(group_);
  EXPECT_EQ(reports_.size(), 1u) << "once";
}

TEST_F(DroppedFilesTest, WithoutASwitchNothingIsDropped) {
  ASSERT_TRUE(files_->Keep(14, mine_).ok());
  EXPECT_EQ(Names(), std::vector<std::string>{"1.pending"});
  files_->Abandon();
  EXPECT_TRUE(Names().empty());
  EXPECT_TRUE(files_->MetaOfSwitch().empty());

  // A process that dies before its switch.
  ASSERT_TRUE(files_->Keep(14, mine_).ok());
  Restart();
  EXPECT_TRUE(Names().empty());
  files_->Settle(group_);
  EXPECT_TRUE(reports_.empty());
}

TEST_F(DroppedFilesTest, AProcessThatDiesAfterItsSwitchTellsAtTheNextStart) {
  KeepAndSwitch(14);
  Restart();
  EXPECT_TRUE(reports_.empty());
  files_->Settle(group_);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(Read(reports_[0].source).size(), 6u);

  // The application was not told: again.
  Restart();
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(reports_[1].source.path, reports_[0].source.path);
  EXPECT_EQ(files_->counters().writes, 6u);
  reports_[1].told();
  files_->Tidy();
  Restart();
  EXPECT_EQ(reports_.size(), 2u);
  EXPECT_EQ(Names().size(), 1u) << "the file stays";
}

TEST_F(DroppedFilesTest, ACrashBetweenTheFileAndItsNameIsRepeated) {
  KeepAndSwitch(14);
  disk_->FailWrites(absl::InternalError("dead"));
  files_->Settle(group_);  // makes the file, cannot save its name
  EXPECT_TRUE(reports_.empty());
  disk_->FailWrites(absl::OkStatus());
  Restart();
  files_->Settle(group_);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(Names().size(), 1u);
}

// Another member had a part of the tail, and won the next election.
TEST_F(DroppedFilesTest, WhatCameBackIsNotTold) {
  KeepAndSwitch(14);
  files_->Settle(H({{1, 1}, {2, 15}, {4, 18}}));
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(Read(reports_[0].source),
            (std::vector<std::string>{"k18=v18@2/18", "k19=v19@2/19",
                                      "k20=v20@2/20"}));
  EXPECT_EQ(Names(), std::vector<std::string>{
                         absl::StrCat(ToString(E(2)), "-18-20.log")});
}

TEST_F(DroppedFilesTest, WhatCameBackWhollyLeavesNothing) {
  KeepAndSwitch(14);
  files_->Settle(H({{1, 1}, {2, 15}, {4, 21}}));
  EXPECT_TRUE(reports_.empty());
  EXPECT_TRUE(Names().empty());
  EXPECT_EQ(files_->counters().writes, 0u);
}

TEST_F(DroppedFilesTest, WhatCameBackAndWasDroppedAgainIsToldOnce) {
  KeepAndSwitch(14);
  ASSERT_TRUE(engine_->Apply(SetRecords(15, 17)).ok());  // it came back
  KeepAndSwitch(14);
  files_->Settle(group_);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(Read(reports_[0].source).size(), 6u);
  EXPECT_EQ(files_->counters().writes, 6u);
}

TEST_F(DroppedFilesTest, ATailOfMarkersIsNothingToTell) {
  ASSERT_TRUE(
      engine_
          ->Apply(engine::Encoded(
              {.type = engine::RecordType::kEpoch, .index = 21, .value = "2"}))
          .ok());
  KeepAndSwitch(20);
  files_->Settle(group_);
  EXPECT_TRUE(reports_.empty());
  EXPECT_TRUE(Names().empty());
}

TEST_F(DroppedFilesTest, ADirectoryThatCannotBeWrittenIsAnError) {
  std::ofstream(dir_) << "a file in its place";
  EXPECT_FALSE(files_->Keep(14, mine_).ok());
  EXPECT_TRUE(files_->MetaOfSwitch().empty());
}

TEST_F(DroppedFilesTest, ADamagedFileIsFound) {
  KeepAndSwitch(14);
  files_->Settle(group_);
  const std::string path = reports_[0].source.path;
  fs::resize_file(path, fs::file_size(path) - 1);
  DroppedReader reader({.path = path, .bytes = nullptr});
  ASSERT_TRUE(reader.ReadHead().ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(reader.Next().ok());
  EXPECT_TRUE(absl::IsDataLoss(reader.Next().status()));
  DroppedReader none({.path = dir_ + "/none", .bytes = nullptr});
  EXPECT_TRUE(absl::IsNotFound(none.ReadHead().status()));
}

TEST_F(DroppedFilesTest, WhatTheLogNoLongerHoldsIsCounted) {
  options_.log_memory_bytes = 0;
  options_.log_disk_bytes = 0;
  Restart();
  ASSERT_TRUE(engine_->Apply(SetRecords(21, 30)).ok());
  ASSERT_TRUE(engine_->Checkpoint().ok());
  ASSERT_TRUE(engine_->Apply(SetRecords(31, 35)).ok());
  Restart();  // nothing but the newest blob is in memory
  ASSERT_TRUE(files_->Keep(14, mine_).ok());
  ASSERT_TRUE(engine_->BeginStaging(14).ok());
  ASSERT_TRUE(engine_->CommitStaging(files_->MetaOfSwitch()).ok());
  files_->Switched();
  files_->Settle(group_);
  ASSERT_EQ(reports_.size(), 1u);
  const auto tail = DroppedReader(reports_[0].source).ReadHead();
  ASSERT_TRUE(tail.ok());
  EXPECT_GT(tail->unread, 0u);
  EXPECT_EQ(tail->unread + tail->records, 21u);
  EXPECT_EQ(Read(reports_[0].source).size(), tail->records);
}

TEST_F(DroppedFilesTest, WithoutADirectoryItIsInMemory) {
  dir_.clear();
  Restart();
  KeepAndSwitch(14);
  files_->Settle(H({{1, 1}, {2, 15}, {4, 18}}));
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(reports_[0].source.path, "");
  EXPECT_EQ(Read(reports_[0].source).size(), 3u);
}

}  // namespace
}  // namespace vigil::replication
