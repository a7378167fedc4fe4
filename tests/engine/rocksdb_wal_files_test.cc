// Zeros are written ahead of a log whose syncs are small, and nobody takes them for
// something that was written. What a crash leaves of them: RocksDbCrash, RocksDbDamage.
#include "engine/rocksdb_wal_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "engine/rocksdb_wal_reader.h"
#include "engine/rocksdb_wal_writer.h"
#include "tests/engine/rocksdb_fault_files.h"
#include "tests/support/temp_dir.h"

namespace vigil::engine {
namespace {

using rocksdb::FileOptions;
using rocksdb::IOOptions;

// A part of a record as RocksDB writes it, but for its checksum.
std::string Part(size_t length, char type = 1) {
  const std::string head = {'c',
                            'r',
                            'c',
                            '!',
                            static_cast<char>(length & 0xff),
                            static_cast<char>(length >> 8),
                            type};
  return head + std::string(length, 'x');
}

class WalFilesTest : public ::testing::Test {
 protected:
  WalFilesTest()
      : fault_files_(std::make_shared<FaultFiles>(dir_.path())),
        files_(fault_files_, dir_.path()) {
    EXPECT_TRUE(
        files_.NewWritableFile(path_, FileOptions(), &log_, nullptr).ok());
  }

  void Append(const std::string& bytes) {
    EXPECT_TRUE(log_->Append(bytes, IOOptions(), nullptr).ok());
  }
  void Sync() { EXPECT_TRUE(log_->Sync(IOOptions(), nullptr).ok()); }
  size_t FileBytes() const { return std::filesystem::file_size(path_); }

  // What RocksDB is given to read when it opens the database again.
  std::string Read() {
    WalFiles next(fault_files_, dir_.path());
    return ReadWith(next);
  }
  std::string ReadWith(WalFiles& files) const {
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    EXPECT_TRUE(
        files.NewSequentialFile(path_, FileOptions(), &file, nullptr).ok());
    std::string all;
    std::string scratch(kWalBlockBytes, '\0');
    for (;;) {
      rocksdb::Slice block;
      EXPECT_TRUE(file->Read(scratch.size(), IOOptions(), &block,
                             scratch.data(), nullptr)
                      .ok());
      if (block.empty()) return all;
      all.append(block.data(), block.size());
    }
  }

  const TempDir dir_;
  const std::string path_ = dir_.path() + "/000001.log";
  const std::shared_ptr<FaultFiles> fault_files_;
  WalFiles files_;
  std::unique_ptr<rocksdb::FSWritableFile> log_;
};

TEST_F(WalFilesTest, AfterASmallSyncZerosAreWrittenAhead) {
  Append(Part(100));
  Sync();
  EXPECT_EQ(FileBytes(), Part(100).size());
  std::string written = Part(100) + Part(200);
  Append(Part(200));
  const size_t ahead = FileBytes();
  EXPECT_GE(ahead, written.size() + WalWriter::kAheadBytes);
  EXPECT_EQ(Read(), written);

  while (written.size() + 1000 < ahead) {
    const std::string part = Part(993);
    Append(part);
    written += part;
    ASSERT_EQ(FileBytes(), ahead) << "appended over the zeros";
  }
  Append(Part(993));
  Sync();
  Append(Part(993));
  EXPECT_GE(FileBytes(), ahead + WalWriter::kAheadBytes / 2) << "and again";
}

TEST_F(WalFilesTest, WhoSyncsMuchAtOnceDoesNotPayForZeros) {
  for (int i = 1; i <= 3; ++i) {
    Append(std::string(WalWriter::kSmallSyncBytes + 1, 'x'));
    Sync();
    EXPECT_EQ(FileBytes(), i * (WalWriter::kSmallSyncBytes + 1));
  }
}

// A backup may be copying it, as long as it was.
TEST_F(WalFilesTest, ClosingLeavesTheLogAsLongAsItWas) {
  Append(Part(100));
  Sync();
  Append(Part(200));
  Append(Part(300));
  const std::string written = Part(100) + Part(200) + Part(300);
  EXPECT_EQ(log_->GetFileSize(IOOptions(), nullptr), written.size());
  const size_t bytes = FileBytes();
  EXPECT_TRUE(log_->Close(IOOptions(), nullptr).ok());
  EXPECT_EQ(FileBytes(), bytes);
  EXPECT_EQ(Read(), written);
}

TEST_F(WalFilesTest, ABackupCopiesAllThatThereIs) {
  Append(Part(100));
  Sync();
  Append(Part(200));
  EXPECT_EQ(ReadWith(files_).size(), FileBytes());
}

TEST_F(WalFilesTest, NoRoomForZerosIsNoFailure) {
  Append(Part(100));
  Sync();
  fault_files_->Fail(
      [](FileChange change, const std::string&) {
        return change == FileChange::kAppend;
      },
      /*nth=*/1, /*times=*/1, rocksdb::IOStatus::NoSpace("full"));
  Append(Part(200));
  EXPECT_EQ(fault_files_->failed(), 1u);
  EXPECT_TRUE(files_.failure().ok());
  Append(Part(300));
  EXPECT_EQ(Read(), Part(100) + Part(200) + Part(300));
}

TEST_F(WalFilesTest, WhatFollowsZerosIsABreak) {
  const std::string rest = std::string(500, '\0') + Part(100);
  Append(Part(100) + rest);
  EXPECT_EQ(Read(), Part(100) + std::string(rest.size(), '\xff'));
}

TEST(WalReader, RecordsEndWhereAHeaderWouldBeZeros) {
  const std::string zeros(100, '\0');
  EXPECT_EQ(RecordsEnd(""), 0u);
  EXPECT_EQ(RecordsEnd(zeros), 0u);
  EXPECT_EQ(RecordsEnd(Part(10)), Part(10).size());
  EXPECT_EQ(RecordsEnd(Part(10) + Part(0) + zeros),
            Part(10).size() + Part(0).size());
  EXPECT_EQ(RecordsEnd(Part(300) + zeros), Part(300).size()) << "two bytes";
  std::string record = Part(50);
  record.replace(20, 20, 20, '\0');
  EXPECT_EQ(RecordsEnd(record + Part(1)), record.size() + Part(1).size())
      << "zeros in a record are its own";
  EXPECT_EQ(RecordsEnd(Part(10) + zeros.substr(0, 6)), Part(10).size() + 6)
      << "the end of a block is too short for a header";
  EXPECT_EQ(RecordsEnd(Part(10).substr(0, 12)), 12u)
      << "torn: RocksDB's to see";
}

}  // namespace
}  // namespace vigil::engine
