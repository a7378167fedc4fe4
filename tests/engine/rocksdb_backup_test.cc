#include "engine/rocksdb_backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "engine/rocksdb_open.h"
#include "engine/rocksdb_storage.h"
#include "tests/engine/rocksdb_fault_files.h"
#include "tests/engine/storage_model.h"
#include "tests/support/temp_dir.h"

namespace vigil::engine {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const MetaMap kLabels = {{"group", "g"}, {"lineage", "l1"}};

class RocksDbBackup : public ::testing::Test {
 protected:
  RocksDbBackup() { Open(); }

  void Open() {
    storage_.reset();
    storage_ = *OpenRocksDbStorage(
        data(), RocksDbOptions{.write_buffer_bytes = 64 << 10});
  }
  void Run(int steps) {
    for (int i = 0; i < steps; ++i) ASSERT_TRUE(model_.Step(*storage_).ok());
  }
  absl::Status Backup() {
    return storage_->Backup(backup(), kLabels, nullptr, {});
  }
  absl::StatusOr<BackupManifest> Verify() {
    return VerifyBackup(backup(), nullptr, {});
  }
  absl::StatusOr<BackupManifest> Restore(const MetaMap& expected = kLabels) {
    return RestoreBackup({.backup_dir = backup(),
                          .data_dir = restored(),
                          .expected_labels = expected,
                          .dropped_meta = {"vote", "not there"}},
                         nullptr, {});
  }
  absl::StatusOr<Found> ReadRestored() const {
    const auto copy = OpenRocksDbStorage(restored());
    if (!copy.ok()) return copy.status();
    return ReadBack(**copy);
  }
  // Notes what the copy holds; the model can be asked once its writer has stopped.
  void BackUpAndRestore() {
    const Promised least = model_.promised();
    const absl::Status made = Backup();
    ASSERT_TRUE(made.ok()) << made;
    const auto manifest = Restore();
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    auto found = ReadRestored();
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->last, manifest->last_index);
    found->vote = least.vote;  // dropped
    found_.push_back({*std::move(found), least, model_.promised()});
    fs::remove_all(backup());
    fs::remove_all(restored());
  }
  std::string data() const { return temp_.path() + "/data"; }
  std::string backup() const { return temp_.path() + "/backup"; }
  std::string restored() const { return temp_.path() + "/restored"; }
  bool NothingRestored() const {
    return !fs::exists(restored()) && !fs::exists(restored() + ".restoring");
  }

  struct Copy {
    Found found;
    Promised least;
    Promised most;
  };

  TempDir temp_;
  StorageModel model_{1};
  std::vector<Copy> found_;
  std::unique_ptr<Storage> storage_;
};

TEST_F(RocksDbBackup, RestoresExactlyWhatThereWasWithoutTheNodesIdentity) {
  Run(300);
  ASSERT_TRUE(storage_->WriteMeta("vote", "7").ok());
  ASSERT_TRUE(storage_->WriteMeta("kept", "k").ok());
  const Found before = *ReadBack(*storage_);
  ASSERT_TRUE(Backup().ok());
  Run(100);  // which the backup does not have

  const auto manifest = Verify();
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->labels, kLabels);
  EXPECT_EQ(manifest->last_index, before.last);
  EXPECT_LE(manifest->checkpoint, before.last);

  ASSERT_TRUE(Restore().ok());
  const uint64_t seed = storage_->hash_seed();
  storage_ = *OpenRocksDbStorage(restored());
  EXPECT_EQ(storage_->hash_seed(), seed) << "the slices come from it";
  const Found after = *ReadBack(*storage_);
  EXPECT_EQ(after.content, before.content);
  EXPECT_EQ(after.last, before.last);
  EXPECT_EQ(after.life, before.life);
  const MetaMap meta = *storage_->ReadMeta();
  EXPECT_FALSE(meta.contains("vote"));
  EXPECT_EQ(meta.at("kept"), "k");
  const uint64_t next = after.last + 1;
  EXPECT_TRUE(
      storage_->AppendLog(next, next, SetRecords(next, next), true).ok());
}

TEST_F(RocksDbBackup, IsExactWhileWritesGoOn) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) EXPECT_TRUE(model_.Step(*storage_).ok());
  });
  for (int round = 0; round < 5; ++round) BackUpAndRestore();
  stop = true;
  writer.join();
  EXPECT_EQ(found_.size(), 5u);
  for (const auto& [found, least, most] : found_)
    EXPECT_EQ(model_.Judge(found, least, most, false), "");
}

TEST_F(RocksDbBackup, EveryDamagedOrMissingFileIsNamedAndNotRestored) {
  Run(200);
  ASSERT_TRUE(Backup().ok());
  const BackupManifest manifest = *Verify();
  for (const BackupFile& file : manifest.files) {
    const fs::path path = fs::path(backup()) / file.name;
    const fs::path aside = fs::path(temp_.path()) / "aside";
    fs::copy_file(path, aside, fs::copy_options::overwrite_existing);
    for (const std::string change : {"bit", "short", "long", "gone"}) {
      fs::remove(path);  // not through a hard link
      fs::copy_file(aside, path);
      if (change == "bit") {
        if (file.bytes == 0) continue;
        std::fstream stream(path, std::ios::in | std::ios::out);
        stream.seekg(static_cast<std::streamoff>(file.bytes / 2));
        const int byte = stream.get();
        stream.seekp(static_cast<std::streamoff>(file.bytes / 2));
        stream.put(static_cast<char>(byte ^ 1));
      } else if (change == "short") {
        if (file.bytes == 0) continue;
        fs::resize_file(path, file.bytes - 1);
      } else if (change == "long") {
        fs::resize_file(path, file.bytes + 1);
      } else {
        fs::remove(path);
      }
      for (const auto& result : {Verify(), Restore()}) {
        EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss)
            << file.name << " " << change;
        EXPECT_THAT(std::string(result.status().message()),
                    HasSubstr(file.name));
      }
      EXPECT_TRUE(NothingRestored());
    }
    fs::remove(path);
    fs::copy_file(aside, path);
  }
  EXPECT_TRUE(Verify().ok()) << Verify().status();
}

TEST_F(RocksDbBackup, RefusesADamagedAnUnfinishedAndAForeignOne) {
  Run(20);
  ASSERT_TRUE(Backup().ok());
  EXPECT_EQ(Restore({{"group", "other"}}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Restore({{"tenant", "t"}}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  const fs::path manifest = fs::path(backup()) / "BACKUP";
  std::string text;
  {
    std::ifstream in(manifest);
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto with = [&](const std::string& bytes) {
    std::ofstream(manifest, std::ios::trunc) << bytes;
    EXPECT_EQ(Restore().status().code(), Verify().status().code());
    return Verify().status().code();
  };
  EXPECT_EQ(with(text.substr(0, text.size() - 1)), absl::StatusCode::kDataLoss);
  EXPECT_EQ(with("a shopping list"), absl::StatusCode::kFailedPrecondition);
  fs::remove(manifest);
  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      VerifyBackup(temp_.path() + "/nothing", nullptr, {}).status().code(),
      absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(NothingRestored());
}

TEST_F(RocksDbBackup, OverwritesNothing) {
  Run(20);
  fs::create_directory(backup());
  ASSERT_TRUE(Backup().ok()) << "an empty directory will do";
  EXPECT_EQ(Backup().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Verify().ok()) << "and left the one that is there alone";
  EXPECT_EQ(
      storage_->Backup(temp_.path() + "/no/parent", {}, nullptr, {}).code(),
      absl::StatusCode::kFailedPrecondition);

  fs::create_directory(restored());
  std::ofstream(restored() + "/precious") << "x";
  EXPECT_EQ(Restore().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(fs::exists(restored() + "/precious"));
  fs::remove(restored() + "/precious");
  EXPECT_TRUE(Restore().ok()) << "an empty directory will do";
}

TEST_F(RocksDbBackup, IsNotOpenedAsTheDataOfANode) {
  Run(20);
  ASSERT_TRUE(Backup().ok());
  EXPECT_EQ(OpenRocksDbStorage(backup()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Verify().ok());
}

TEST_F(RocksDbBackup, WhatACrashedRestoreLeftIsReplaced) {
  Run(20);
  ASSERT_TRUE(Backup().ok());
  fs::create_directory(restored() + ".restoring");
  std::ofstream(restored() + ".restoring/CURRENT") << "half";
  ASSERT_TRUE(Restore().ok());
  EXPECT_TRUE(OpenRocksDbStorage(restored()).ok());
  EXPECT_FALSE(fs::exists(restored() + ".restoring"));
}

TEST_F(RocksDbBackup, TellsItsProgress) {
  Run(100);
  std::vector<Progress> told;
  const OnProgress tell = [&](const Progress& p) { told.push_back(p); };
  ASSERT_TRUE(storage_->Backup(backup(), kLabels, tell, {}).ok());
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().what, "backup");
  const uint64_t bytes = Verify()->bytes();
  EXPECT_EQ(told.back().done_bytes, bytes);
  EXPECT_EQ(told.back().total_bytes_estimate, bytes);
  ASSERT_TRUE(VerifyBackup(backup(), tell, {}).ok());
  EXPECT_EQ(told.back().what, "verify");
  EXPECT_EQ(told.back().done_bytes, bytes);
}

// The database's files fail one after the other: there is a backup, or nothing.
TEST_F(RocksDbBackup, AnErrorInTheMiddleLeavesNothing) {
  int failed = 0;
  for (uint64_t nth = 0; nth < 12; ++nth) {
    const TempDir temp;
    const std::string dir = temp.path() + "/data";
    fs::create_directory(dir);
    auto files = std::make_shared<FaultFiles>(dir);
    const auto storage = OpenRocksDbStorage(
        dir,
        RocksDbOptions{.file_system = files, .write_buffer_bytes = 64 << 10});
    ASSERT_TRUE(storage.ok());
    StorageModel model(nth);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(model.Step(**storage).ok());
    const std::string to = temp.path() + "/backup";
    files->Fail([&](FileChange,
                    const std::string& path) { return path.starts_with(to); },
                nth, 1, rocksdb::IOStatus::NoSpace("full"));
    const absl::Status s = (*storage)->Backup(to, kLabels, nullptr, {});
    if (!s.ok()) {
      ++failed;
      EXPECT_FALSE(fs::exists(to));
      EXPECT_FALSE(fs::exists(to + ".tmp"));
    } else {
      EXPECT_TRUE(VerifyBackup(to, nullptr, {}).ok());
    }
    EXPECT_TRUE(model.Step(**storage).ok()) << "the node goes on";
  }
  EXPECT_GT(failed, 3);
}

TEST_F(RocksDbBackup, EndsWithItsLimitAndLeavesNothing) {
  Run(100);
  Limit late;
  late.deadline = SystemClock().Mono();
  EXPECT_EQ(storage_->Backup(backup(), kLabels, nullptr, late).code(),
            absl::StatusCode::kDeadlineExceeded);
  // In the middle of it.
  std::stop_source stop;
  const auto cancel = [&](const Progress&) { stop.request_stop(); };
  Limit cancelled;
  cancelled.stop = stop.get_token();
  EXPECT_EQ(storage_->Backup(backup(), kLabels, cancel, cancelled).code(),
            absl::StatusCode::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(backup()));

  ASSERT_TRUE(Backup().ok());
  EXPECT_EQ(VerifyBackup(backup(), nullptr, late).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  stop = std::stop_source();
  cancelled.stop = stop.get_token();
  EXPECT_EQ(RestoreBackup({.backup_dir = backup(),
                           .data_dir = restored(),
                           .expected_labels = {},
                           .dropped_meta = {}},
                          cancel, cancelled)
                .status()
                .code(),
            absl::StatusCode::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(restored()));
  EXPECT_FALSE(std::filesystem::exists(restored() + ".restoring"));
}

}  // namespace
}  // namespace vigil::engine
