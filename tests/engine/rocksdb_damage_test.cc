// A torn end is cut off, damage before it is reported: on copies of a directory
// with bytes changed, as a power cut or a bad disk would leave it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/rocksdb_storage.h"
#include "tests/engine/records.h"
#include "tests/support/temp_dir.h"

namespace vigil::engine {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kBlob = 50;  // records

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteFile(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

fs::path NewestWal(const std::string& dir) {
  fs::path newest;
  for (const auto& file : fs::directory_iterator(dir)) {
    if (file.path().extension() == ".log" && file.path() > newest) {
      newest = file.path();
    }
  }
  return newest;
}

// Without the zeros that were written ahead. (Records here end in no zero.)
size_t RecordBytes(const fs::path& wal) {
  return ReadFile(wal).find_last_not_of('\0') + 1;
}

// A running node's directory, with `synced` blobs synced and `unsynced` not.
class RunningDirectory {
 public:
  RunningDirectory(int synced, int unsynced) {
    storage_ = *OpenRocksDbStorage(dir_.path());
    Append(synced);
    EXPECT_TRUE(storage_->SyncLog().ok());
    durable_ = last_;
    synced_bytes_ = RecordBytes(NewestWal(dir_.path()));
    Append(unsynced);
  }

  // What the disk holds when the machine stops now.
  void CopyTo(const TempDir& copy) const {
    fs::copy(dir_.path(), copy.path(), fs::copy_options::recursive);
  }
  uint64_t durable() const { return durable_; }
  uint64_t last() const { return last_; }
  size_t synced_bytes() const { return synced_bytes_; }

 private:
  void Append(int blobs) {
    for (int i = 0; i < blobs; ++i) {
      const uint64_t first = last_ + 1;
      last_ += kBlob;
      EXPECT_TRUE(
          storage_->AppendLog(first, last_, SetRecords(first, last_), false)
              .ok());
    }
  }

  TempDir dir_;
  std::unique_ptr<Storage> storage_;
  uint64_t last_ = 0;
  uint64_t durable_ = 0;
  size_t synced_bytes_ = 0;
};

// The last index of what can be loaded, or the error.
absl::StatusOr<uint64_t> LastIndex(const std::string& dir) {
  auto storage = OpenRocksDbStorage(dir);
  if (!storage.ok()) return storage.status();
  uint64_t last = 0;
  const absl::Status loaded = (*storage)->LoadLog([&](const LogSlice& slice) {
    if (slice.first != last + 1) return absl::DataLossError("gap");
    if (absl::Status s = DecodeRun(slice.records, slice.first).status();
        !s.ok()) {
      return s;
    }
    last = slice.last;
    return absl::OkStatus();
  });
  if (!loaded.ok()) return loaded;
  return last;
}

TEST(RocksDbDamage, PowerCutAnywhereInTheUnsyncedPartKeepsWhatWasSynced) {
  const RunningDirectory running(5, 5);
  TempDir whole;
  running.CopyTo(whole);
  const fs::path whole_wal = NewestWal(whole.path());
  const size_t size = RecordBytes(whole_wal);
  ASSERT_GT(size, running.synced_bytes());
  ASSERT_GT(fs::file_size(whole_wal), size) << "zeros were written ahead";
  for (size_t cut = running.synced_bytes(); cut < size; cut += 197) {
    const TempDir copy;
    running.CopyTo(copy);
    const fs::path wal = NewestWal(copy.path());
    fs::resize_file(wal, cut);
    if (cut % 2 == 0) fs::resize_file(wal, fs::file_size(whole_wal));
    const auto last = LastIndex(copy.path());
    ASSERT_TRUE(last.ok()) << last.status();
    EXPECT_GE(*last, running.durable());
    EXPECT_EQ(*last % kBlob, 0u) << "a blob is there whole or not at all";
    EXPECT_EQ(*LastIndex(copy.path()), *last) << "and again after that";
  }
}

TEST(RocksDbDamage, UnsyncedPagesThatNeverReachedTheDiskAreCutOff) {
  const RunningDirectory running(5, 5);
  for (const int fill : {0x00, 0xff, 0x5a}) {
    const TempDir copy;
    running.CopyTo(copy);
    const fs::path wal = NewestWal(copy.path());
    std::string bytes = ReadFile(wal);
    // A hole that begins in the middle of the unsynced part.
    const size_t size = RecordBytes(wal);
    const size_t from = (running.synced_bytes() + size) / 2;
    std::fill(
        bytes.begin() + static_cast<ptrdiff_t>(from),
        bytes.begin() + static_cast<ptrdiff_t>(std::min(from + 700, size)),
        static_cast<char>(fill));
    WriteFile(wal, bytes);
    const auto last = LastIndex(copy.path());
    ASSERT_TRUE(last.ok()) << last.status();
    EXPECT_GE(*last, running.durable());
    EXPECT_LT(*last, running.last());
  }
}

// RocksDB alone goes on behind such a hole, with the next block of its log.
TEST(RocksDbDamage, APageOfZerosExactlyBetweenRecordsIsABreak) {
  constexpr size_t kBlock = 32 << 10;  // of RocksDB's log
  const TempDir temp;
  const TempDir copy;
  uint64_t last = 0;
  {
    const auto storage = *OpenRocksDbStorage(temp.path());
    const auto append = [&](size_t value_bytes) {
      ++last;
      const std::string record =
          SetRecord(last, "k", std::string(value_bytes, 'v'));
      EXPECT_TRUE(storage->AppendLog(last, last, record, false).ok());
      return RecordBytes(NewestWal(temp.path()));
    };
    size_t begin = append(1000);
    size_t end = append(1000);
    const size_t overhead = end - begin - 1000;
    while (kBlock - end % kBlock > 12'000) end = append(1000);
    begin = end;
    end = append(kBlock - end % kBlock - overhead);
    ASSERT_EQ(end % kBlock, 0u);
    append(1000);
    fs::copy(temp.path(), copy.path(), fs::copy_options::recursive);
    std::string bytes = ReadFile(NewestWal(copy.path()));
    bytes.replace(begin, end - begin, end - begin, '\0');
    WriteFile(NewestWal(copy.path()), bytes);
  }
  const auto left = LastIndex(copy.path());
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(*left, last - 2);
}

TEST(RocksDbDamage, InTheSyncedPartIsReportedAndNothingIsCutOff) {
  const RunningDirectory running(5, 5);
  for (size_t at = 200; at < running.synced_bytes() - 100; at += 503) {
    const TempDir copy;
    running.CopyTo(copy);
    const fs::path wal = NewestWal(copy.path());
    std::string bytes = ReadFile(wal);
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    WriteFile(wal, bytes);
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto last = LastIndex(copy.path());
      EXPECT_EQ(last.status().code(), absl::StatusCode::kDataLoss)
          << "byte " << at << ": " << last.status();
      EXPECT_THAT(std::string(last.status().message()),
                  ::testing::HasSubstr(copy.path()));
    }
    EXPECT_TRUE(ReadFile(wal) == bytes);
  }
}

TEST(RocksDbDamage, OfAMetaValueIsReported) {
  const TempDir temp;
  {
    const auto storage = *OpenRocksDbStorage(temp.path());
    ASSERT_TRUE(
        storage->WriteMeta("promise", "the epoch that I promised").ok());
    ASSERT_TRUE(storage->AppendLog(1, 1, SetRecords(1, 1), false).ok());
  }
  const fs::path wal = NewestWal(temp.path());
  std::string bytes = ReadFile(wal);
  const size_t at = bytes.find("the epoch");
  ASSERT_NE(at, std::string::npos);
  bytes[at] ^= 1;
  WriteFile(wal, bytes);
  EXPECT_EQ(OpenRocksDbStorage(temp.path()).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(RocksDbDamage, ALogThatEndsEarlyOrIsGoneIsReported) {
  const RunningDirectory running(5, 5);
  for (const bool gone : {false, true}) {
    const TempDir copy;
    running.CopyTo(copy);
    if (gone) {
      fs::remove(NewestWal(copy.path()));
    } else {
      fs::resize_file(NewestWal(copy.path()), running.synced_bytes() / 2);
    }
    EXPECT_EQ(LastIndex(copy.path()).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(RocksDbDamage, OfATableFileIsReported) {
  const TempDir temp;
  for (uint64_t first = 1; first <= 3; ++first) {  // opening writes tables
    const auto storage = *OpenRocksDbStorage(temp.path());
    ASSERT_TRUE(
        storage->AppendLog(first, first, SetRecords(first, first), true).ok());
  }
  int tables = 0;
  for (const auto& file : fs::directory_iterator(temp.path())) {
    if (file.path().extension() != ".sst") continue;
    std::string bytes = ReadFile(file.path());
    bytes[bytes.find("v1") == std::string::npos ? 10 : bytes.find("v1")] ^= 1;
    WriteFile(file.path(), bytes);
    ++tables;
  }
  ASSERT_GT(tables, 0);
  EXPECT_EQ(LastIndex(temp.path()).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(RocksDbDamage, OfTheManifestOrAMissingFileIsReported) {
  for (const std::string prefix : {"MANIFEST", "CURRENT", ".sst"}) {
    const TempDir temp;
    for (uint64_t first = 1; first <= 3; ++first) {
      const auto storage = *OpenRocksDbStorage(temp.path());
      ASSERT_TRUE(
          storage->AppendLog(first, first, SetRecords(first, first), true)
              .ok());
    }
    for (const auto& file : fs::directory_iterator(temp.path())) {
      const std::string name = file.path().filename().string();
      if (prefix == ".sst" && file.path().extension() == prefix) {
        fs::remove(file.path());
      } else if (name.rfind(prefix, 0) == 0) {
        WriteFile(file.path(), std::string(30, 'x'));
      }
    }
    const auto last = LastIndex(temp.path());
    EXPECT_EQ(last.status().code(), absl::StatusCode::kDataLoss)
        << prefix << ": " << last.status();
  }
}

// RocksDB syncs a manifest after each append, so only a power cut in between leaves
// pages that were never written. It cannot tell these from damage, and refuses.
TEST(RocksDbDamage, AManifestThatEndsInNoiseIsReported) {
  const TempDir temp;
  {
    const auto storage = *OpenRocksDbStorage(temp.path());
    ASSERT_TRUE(storage->AppendLog(1, 1, SetRecords(1, 1), true).ok());
  }
  for (const auto& file : fs::directory_iterator(temp.path())) {
    if (file.path().filename().string().rfind("MANIFEST", 0) != 0) continue;
    std::string bytes = ReadFile(file.path());
    bytes.replace(bytes.size() - 5, 5, "noise");
    WriteFile(file.path(), bytes);
  }
  EXPECT_EQ(LastIndex(temp.path()).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(RocksDbDamage, EveryRefusalSaysWhatTheOperatorCanDo) {
  const TempDir temp;
  {
    const auto storage = *OpenRocksDbStorage(temp.path());
    ASSERT_TRUE(storage->AppendLog(1, 1, SetRecords(1, 1), true).ok());
  }
  fs::remove(NewestWal(temp.path()));
  const std::string message(LastIndex(temp.path()).status().message());
  EXPECT_THAT(message, ::testing::HasSubstr("restore a backup"));
  EXPECT_THAT(message, ::testing::HasSubstr("synchronise from its group"));
}

}  // namespace
}  // namespace vigil::engine
