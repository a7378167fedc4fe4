// What may be wrong with a data_dir, and what the error says of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "engine/rocksdb_storage.h"
#include "rocksdb/db.h"
#include "tests/engine/writer_process.h"
#include "tests/support/temp_dir.h"

namespace vigil::engine {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::Status Open(const std::string& dir) {
  return OpenRocksDbStorage(dir).status();
}

TEST(RocksDbDirectory, IsCreatedIfItsParentExists) {
  const TempDir temp;
  EXPECT_TRUE(Open(temp.path() + "/data").ok());
  EXPECT_TRUE(std::filesystem::exists(temp.path() + "/data/CURRENT"));
  EXPECT_TRUE(Open(temp.path() + "/slash/").ok());
}

TEST(RocksDbDirectory, WithoutAParentIsRefused) {
  const TempDir temp;
  const absl::Status s = Open(temp.path() + "/no/data");
  EXPECT_EQ(s.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(s.message(), AllOf(HasSubstr(temp.path() + "/no/data"),
                                 HasSubstr("No such file or directory")));
}

TEST(RocksDbDirectory, BelowAFileIsRefused) {
  const TempDir temp;
  std::ofstream(temp.path() + "/file") << "x";
  const absl::Status below = Open(temp.path() + "/file/data");
  EXPECT_EQ(below.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(below.message(), HasSubstr("Not a directory"));
  EXPECT_EQ(Open(temp.path() + "/file").code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(RocksDbDirectory, ThatCannotBeWrittenIsRefused) {
  for (const char* dir : {"/proc", "/proc/vigil", "/sys/kernel"}) {
    const absl::Status s = Open(dir);
    EXPECT_EQ(s.code(), absl::StatusCode::kPermissionDenied) << s;
    EXPECT_THAT(s.message(), HasSubstr(dir));
  }
}

TEST(RocksDbDirectory, InUseByThisProcessIsRefused) {
  const TempDir temp;
  auto storage = OpenRocksDbStorage(temp.path());
  ASSERT_TRUE(storage.ok());
  for (int attempt = 0; attempt < 2; ++attempt) {
    const absl::Status s = Open(temp.path());
    EXPECT_EQ(s.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(s.message(), HasSubstr("is in use by another node"));
  }
  EXPECT_TRUE((*storage)->WriteMeta("vote", "1").ok())
      << "the owner is not disturbed";
  storage->reset();
  EXPECT_TRUE(Open(temp.path()).ok());
}

TEST(RocksDbDirectory, InUseByAnotherProcessIsRefused) {
  const TempDir temp;
  {
    WriterProcess owner(VIGIL_ENGINE_WRITER, temp.path(), /*seed=*/1);
    WriterProcess::Report report;
    ASSERT_TRUE(owner.Next(report)) << "it has the directory by now";
    const absl::Status s = Open(temp.path());
    EXPECT_EQ(s.code(), absl::StatusCode::kFailedPrecondition) << s;
    EXPECT_THAT(s.message(), HasSubstr("is in use by another node"));
  }
  EXPECT_TRUE(Open(temp.path()).ok()) << "the lock dies with its owner";
}

TEST(RocksDbDirectory, WithSomebodysFilesIsRefusedAndLeftAlone) {
  const TempDir temp;
  std::ofstream(temp.path() + "/thesis.txt") << "x";
  const absl::Status s = Open(temp.path());
  EXPECT_EQ(s.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(s.message(), HasSubstr("thesis.txt"));
  EXPECT_FALSE(std::filesystem::exists(temp.path() + "/CURRENT"));
}

void MakeForeignDatabase(const std::string& dir, const std::string& family) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, dir, &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "their", "data").ok());
  if (family.empty()) return;
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  ASSERT_TRUE(db->CreateColumnFamily(options, family, &handle).ok());
  ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
}

TEST(RocksDbDirectory, WithAnotherDatabaseIsRefusedAndLeftAlone) {
  for (const char* family : {"", "theirs"}) {
    const TempDir temp;
    MakeForeignDatabase(temp.path(), family);
    const absl::Status s = Open(temp.path());
    EXPECT_EQ(s.code(), absl::StatusCode::kFailedPrecondition) << s;
    EXPECT_THAT(s.message(), HasSubstr("RocksDB database"));
    std::vector<std::string> families;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(),
                                                temp.path(), &families)
                    .ok());
    EXPECT_EQ(families.size(), *family == '\0' ? 1u : 2u);
  }
}

TEST(RocksDbDirectory, WhereANodeDiedWhileItMadeItsDatabaseIsUsed) {
  const TempDir temp;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, temp.path(), &raw).ok());
  delete raw;
  EXPECT_TRUE(Open(temp.path()).ok());
}

TEST(RocksDbDirectory, OfAnotherFormatIsRefused) {
  const TempDir temp;
  ASSERT_TRUE(Open(temp.path()).ok());
  {
    rocksdb::Options options;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const char* name : {"default", "log", "state"})
      families.emplace_back(name, options);
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* raw = nullptr;
    ASSERT_TRUE(
        rocksdb::DB::Open(options, temp.path(), families, &handles, &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    EXPECT_TRUE(db->Put({}, "format", "1").ok());
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
  }
  const absl::Status s = Open(temp.path());
  EXPECT_EQ(s.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(s.message(), AllOf(HasSubstr(temp.path()), HasSubstr("format 1"),
                                 HasSubstr("format 2")));
}

}  // namespace
}  // namespace vigil::engine
