// After any cut the store opens with a prefix that holds everything acknowledged at
// that level, or says that it cannot and what to do. A test is one seed; what
// RocksDB's own threads do beside it is not seeded. To replay one, or many:
//   vigil_engine_crash_test --gtest_filter='*Crash*/3' --gtest_repeat=100
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
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
using rocksdb::IOStatus;
using ::testing::HasSubstr;

constexpr int kSteps = 250;

enum class Cut { kKill, kPower };

// What a cut left, and what had been acknowledged before it.
struct Remains {
  Cut cut;
  Promised least;
  std::unique_ptr<TempDir> dir =
      std::make_unique<TempDir>(TempDir::FastParent());
};

// Small buffers, so that tables are written and logs are changed all the time.
absl::StatusOr<std::unique_ptr<Storage>> Open(
    const std::string& dir, std::shared_ptr<rocksdb::FileSystem> files) {
  return OpenRocksDbStorage(dir,
                            RocksDbOptions{.file_system = std::move(files),
                                           .write_buffer_bytes = 64 << 10});
}

class RocksDbCrash : public ::testing::TestWithParam<uint64_t> {
 protected:
  RocksDbCrash()
      : random_(GetParam()),
        model_(GetParam()),
        files_(std::make_shared<FaultFiles>(dir_.path())) {}

  void CutNow(const FaultFiles& files, Cut cut, const Promised& least,
              std::vector<Remains>& remains) {
    remains.push_back({cut, least});
    const std::string& to = remains.back().dir->path();
    if (cut == Cut::kKill) {
      files.CopyAfterKill(to);
    } else {
      files.CopyAfterPowerCut(to, random_);
    }
  }

  // Cuts before about one of `every` changes.
  void CutEvery(uint64_t every) {
    files_->SetHook([this, every](FileChange, const std::string&) {
      const Promised least = model_.promised();
      MutexLock lock(mu_);
      if (random_.Uniform(every) != 0) return;
      CutNow(*files_, random_.Uniform(4) == 0 ? Cut::kKill : Cut::kPower, least,
             remains_);
    });
  }

  // Steps until the end or an error.
  absl::Status Run(Storage& storage) {
    for (int i = 0; i < kSteps; ++i) {
      if (absl::Status s = model_.Step(storage); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  // Opens and judges what a cut left; cuts again, `depth` times, while it opens.
  void Check(const Remains& remains, int depth) {
    const std::string& dir = remains.dir->path();
    std::vector<Remains> more;
    bool opened = false;
    {
      auto files = std::make_shared<FaultFiles>(dir);
      if (depth > 0) {
        files->SetHook([&](FileChange, const std::string&) {
          MutexLock lock(mu_);
          if (opened || random_.Uniform(20) != 0) return;
          // Nothing is acknowledged, so a kill is judged as the cut before it.
          CutNow(*files, Cut::kPower, remains.least, more);
          more.back().cut = remains.cut;
        });
      }
      const auto storage = Open(dir, files);
      {
        MutexLock lock(mu_);
        opened = true;
      }
      if (!storage.ok()) {
        ADD_FAILURE() << "does not open: " << storage.status();
        return;
      }
      const auto found = ReadBack(**storage);
      ASSERT_TRUE(found.ok()) << found.status();
      const std::string wrong = model_.Judge(
          *found, remains.least, model_.promised(), remains.cut == Cut::kPower);
      EXPECT_EQ(wrong, "");
      const uint64_t next = found->last + 1;
      EXPECT_TRUE((*storage)
                      ->AppendLog(next, next, SetRecord(next, "k", "v"), true)
                      .ok());
    }
    for (const Remains& again : more) Check(again, depth - 1);
  }

  void CheckAll() {
    files_->SetHook(nullptr);
    for (const Remains& remains : remains_) {
      Check(remains, /*depth=*/random_.Uniform(8) == 0 ? 1 : 0);
      if (HasFailure()) {
        ADD_FAILURE() << "seed " << GetParam() << ", cut "
                      << &remains - remains_.data() << " of "
                      << remains_.size();
        return;
      }
    }
  }

  Mutex mu_;
  Random random_;
  StorageModel model_;
  TempDir dir_{TempDir::FastParent()};
  std::shared_ptr<FaultFiles> files_;
  std::vector<Remains> remains_;
};

TEST_P(RocksDbCrash, EveryCutLeavesWhatWasAcknowledged) {
  CutEvery(40);
  for (int lives = 0; lives < 2; ++lives) {
    const auto storage = Open(dir_.path(), files_);
    ASSERT_TRUE(storage.ok()) << storage.status();
    ASSERT_TRUE(Run(**storage).ok());
  }
  EXPECT_GT(remains_.size(), 5u);
  CheckAll();
}

bool IsLog(const std::string& path) {
  return fs::path(path).extension() == ".log";
}

// Fails one change, or all from then on, at a place that the seed chooses.
TEST_P(RocksDbCrash, AFailureIsFinalAndLosesNothing) {
  for (int round = 0; round < 4; ++round) {
    SCOPED_TRACE(round);
    const TempDir dir(TempDir::FastParent());
    auto files = std::make_shared<FaultFiles>(dir.path());
    StorageModel model(random_.Next());
    const bool full = random_.Uniform(2) == 0;
    const auto storage = Open(dir.path(), files);
    ASSERT_TRUE(storage.ok());
    const bool syncs = random_.Uniform(2) == 0;
    files->Fail(
        [syncs](FileChange change, const std::string& path) {
          return IsLog(path) && (syncs ? change == FileChange::kSync
                                       : change == FileChange::kAppend);
        },
        random_.Uniform(syncs ? 40 : 300), full ? UINT64_MAX : 1,
        full ? IOStatus::NoSpace("full") : IOStatus::IOError("EIO"));
    absl::Status s;
    for (int i = 0; i < 2 * kSteps && s.ok(); ++i) s = model.Step(**storage);
    if (s.ok()) continue;  // nothing failed
    EXPECT_GT(files->failed(), 0u);
    files->Fail(nullptr, 0, 0, IOStatus::OK());  // it works again
    EXPECT_FALSE((*storage)->SyncLog().ok());
    EXPECT_FALSE((*storage)->WriteMeta("vote", "1000000").ok());
    EXPECT_FALSE(
        (*storage)->AppendLog(1, 1, SetRecords(1, 1), /*sync=*/true).ok());

    for (const Cut cut : {Cut::kKill, Cut::kPower, Cut::kPower}) {
      std::vector<Remains> remains;
      CutNow(*files, cut, model.promised(), remains);
      const auto again =
          Open(remains[0].dir->path(),
               std::make_shared<FaultFiles>(remains[0].dir->path()));
      ASSERT_TRUE(again.ok()) << again.status();
      const auto found = ReadBack(**again);
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(model.Judge(*found, remains[0].least, model.promised(),
                            cut == Cut::kPower),
                "");
    }
  }
}

// RocksDB alone would abort the process when a sync meets a write that has failed.
TEST_P(RocksDbCrash, SyncsBesideAFailingWriteAreErrors) {
  for (int round = 0; round < 4; ++round) {
    SCOPED_TRACE(round);
    const TempDir dir(TempDir::FastParent());
    auto files = std::make_shared<FaultFiles>(dir.path());
    const auto storage = Open(dir.path(), files);
    ASSERT_TRUE(storage.ok());
    const FileChange fails =
        round % 2 == 0 ? FileChange::kAppend : FileChange::kSync;
    files->Fail(
        [fails](FileChange change, const std::string& path) {
          return IsLog(path) && change == fails;
        },
        random_.Uniform(100), UINT64_MAX, IOStatus::NoSpace("full"));
    std::thread syncer([&] {
      while ((*storage)->SyncLog().ok()) continue;
    });
    std::thread voter([&] {
      while ((*storage)->WriteMeta("vote", "1").ok()) continue;
    });
    uint64_t persisted = 0;
    while ((*storage)
               ->AppendLog(persisted + 1, persisted + 1,
                           SetRecords(persisted + 1, persisted + 1), false)
               .ok()) {
      ++persisted;
    }
    syncer.join();
    voter.join();
    const TempDir copy(TempDir::FastParent());
    files->CopyAfterKill(copy.path());
    const auto again =
        Open(copy.path(), std::make_shared<FaultFiles>(copy.path()));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_GE(ReadBack(**again)->last, persisted);
  }
}

// Whatever fails, in whatever thread of RocksDB: nothing acknowledged is lost.
TEST_P(RocksDbCrash, FailuresOfAnyFileLoseNothing) {
  files_->Fail([](FileChange, const std::string&) { return true; },
               random_.Uniform(1500), 1 + random_.Uniform(3),
               random_.Uniform(2) == 0 ? IOStatus::NoSpace("full")
                                       : IOStatus::IOError("EIO"));
  {
    auto storage = Open(dir_.path(), files_);
    if (storage.ok()) Run(**storage).IgnoreError();
    CutEvery(20);
    if (storage.ok()) (*storage)->WriteMeta("last", "1").IgnoreError();
    if (storage.ok()) Run(**storage).IgnoreError();
    CutNow(*files_, Cut::kPower, model_.promised(), remains_);
    CutNow(*files_, Cut::kKill, model_.promised(), remains_);
  }
  CheckAll();
}

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// One bit, anywhere in what was synced: seen, or of no consequence.
TEST_P(RocksDbCrash, AFlippedBitIsNeverCutOffSilently) {
  {
    const auto storage = Open(dir_.path(), files_);
    ASSERT_TRUE(storage.ok()) << storage.status();
    ASSERT_TRUE(Run(**storage).ok());
    ASSERT_TRUE((*storage)->WriteMeta("last", "1").ok());  // syncs all
    CutNow(*files_, Cut::kKill, model_.promised(), remains_);
  }
  Promised all = model_.promised();
  all.durable = all.persisted;
  std::vector<fs::path> paths;
  for (const auto& file : fs::directory_iterator(remains_[0].dir->path())) {
    // The mark may be lost alone; damage is recognised by it.
    if (file.file_size() > 0 && file.path().filename() != "SYNCED")
      paths.push_back(file.path());
  }
  for (int flips = 0; flips < 8; ++flips) {
    const TempDir copy(TempDir::FastParent());
    fs::copy(remains_[0].dir->path(), copy.path(), fs::copy_options::recursive);
    const fs::path path = paths[random_.Uniform(paths.size())].filename();
    std::string bytes = ReadAll(copy.path() / path);
    const size_t at = random_.Uniform(bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.Uniform(8)));
    std::ofstream(copy.path() / path, std::ios::binary) << bytes;
    SCOPED_TRACE(absl::StrCat("seed ", GetParam(), " ", path.string(), " byte ",
                              at, " of ", bytes.size()));

    const auto storage =
        Open(copy.path(), std::make_shared<FaultFiles>(copy.path()));
    const auto found = storage.ok() ? ReadBack(**storage)
                                    : absl::StatusOr<Found>(storage.status());
    if (found.ok()) {
      EXPECT_EQ(model_.Judge(*found, all, model_.promised(), true), "");
    } else {
      EXPECT_EQ(found.status().code(), absl::StatusCode::kDataLoss)
          << found.status();
      EXPECT_THAT(std::string(found.status().message()),
                  HasSubstr("restore a backup"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seed, RocksDbCrash, ::testing::Range<uint64_t>(0, 4),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace vigil::engine
