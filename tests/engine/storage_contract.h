// What every Storage does, as tests. Included by one test of each storage, which
// instantiates them with a way to open it, again and again, on the same disk.
#ifndef VIGIL_TESTS_ENGINE_STORAGE_CONTRACT_H_
#define VIGIL_TESTS_ENGINE_STORAGE_CONTRACT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/record.h"
#include "engine/storage.h"
#include "tests/engine/records.h"

namespace vigil::engine {

// A disk: each call opens what the last storage left there, once that is closed.
class StorageDisk {
 public:
  virtual ~StorageDisk() = default;
  virtual std::unique_ptr<Storage> Open() = 0;
};

class StorageContract : public ::testing::TestWithParam<
                            std::function<std::unique_ptr<StorageDisk>()>> {
 protected:
  StorageContract() : disk_(GetParam()()), storage_(disk_->Open()) {}

  void Reopen() {
    storage_.reset();
    storage_ = disk_->Open();
  }

  void Append(uint64_t first, uint64_t last) {
    ASSERT_TRUE(
        storage_->AppendLog(first, last, SetRecords(first, last), false).ok());
  }

  using State = std::map<std::string, uint64_t>;  // key to version

  State LoadState(int slice_begin, int slice_end) {
    State state;
    const absl::Status s = storage_->LoadState(
        slice_begin, slice_end, [&](const RecordView& record) {
          state[std::string(record.key)] = record.index;
          return absl::OkStatus();
        });
    EXPECT_TRUE(s.ok()) << s;
    return state;
  }

  struct Loaded {
    State state;
    uint64_t first = 0;  // of the log
    uint64_t last = 0;
  };
  Loaded Load() {
    Loaded loaded;
    loaded.state = LoadState(0, kStateSlices);
    const absl::Status s = storage_->LoadLog([&](const LogSlice& slice) {
      EXPECT_TRUE(loaded.last == 0 || slice.first == loaded.last + 1);
      EXPECT_TRUE(DecodeRun(slice.records, slice.first).ok());
      if (loaded.first == 0) loaded.first = slice.first;
      loaded.last = slice.last;
      return absl::OkStatus();
    });
    EXPECT_TRUE(s.ok()) << s;
    return loaded;
  }

  std::unique_ptr<StorageDisk> disk_;
  std::unique_ptr<Storage> storage_;
};

inline std::vector<StateChange> Present(uint64_t version,
                                        const std::string& key) {
  return {{.key = key, .record = SetRecord(version, key, "v")}};
}

TEST_P(StorageContract, NewOneIsEmpty) {
  EXPECT_TRUE(storage_->ReadMeta()->empty());
  EXPECT_EQ(storage_->checkpoint(), 0u);
  const Loaded loaded = Load();
  EXPECT_TRUE(loaded.state.empty());
  EXPECT_EQ(loaded.last, 0u);
  EXPECT_EQ(storage_->ReadLog(1, 100).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_P(StorageContract, KeepsMeta) {
  ASSERT_TRUE(storage_->WriteMeta("promise", std::string("a\0b", 3)).ok());
  ASSERT_TRUE(storage_->WriteMeta("vote", "1").ok());
  ASSERT_TRUE(storage_->WriteMeta("vote", "2").ok());
  Reopen();
  EXPECT_EQ(*storage_->ReadMeta(),
            (MetaMap{{"promise", std::string("a\0b", 3)}, {"vote", "2"}}));
}

TEST_P(StorageContract, KeepsTheLog) {
  Append(1, 10);
  Append(11, 11);
  ASSERT_TRUE(storage_->SyncLog().ok());
  Reopen();
  Append(12, 20);
  Reopen();
  EXPECT_EQ(Load().first, 1u);
  EXPECT_EQ(Load().last, 20u);
}

TEST_P(StorageContract, ReadsTheLogFromEveryIndex) {
  Append(1, 10);
  Append(11, 11);
  Append(12, 30);
  for (uint64_t from = 1; from <= 30; ++from) {
    for (const size_t bytes : {1, 100, 1 << 20}) {
      const auto slice = storage_->ReadLog(from, bytes);
      ASSERT_TRUE(slice.ok()) << slice.status();
      EXPECT_EQ(slice->first, from);
      const auto run = DecodeRun(slice->records, from);
      ASSERT_TRUE(run.ok());
      EXPECT_EQ(run->size(), slice->last - from + 1);
      EXPECT_TRUE(run->size() == 1 || slice->records.size() <= bytes);
    }
  }
  EXPECT_EQ(storage_->ReadLog(5, 1 << 20)->last, 30u);
  for (const uint64_t absent : {0, 31, 1000}) {
    EXPECT_EQ(storage_->ReadLog(absent, 100).status().code(),
              absl::StatusCode::kOutOfRange);
  }
}

TEST_P(StorageContract, LoadsTheStateAndTheLogAfterIt) {
  Append(1, 10);
  Append(11, 20);
  ASSERT_TRUE(storage_->WriteState(Present(7, "a")).ok());
  ASSERT_TRUE(storage_->WriteState(Present(14, "b")).ok());
  ASSERT_TRUE(storage_->WriteState(Present(3, "gone")).ok());
  ASSERT_TRUE(storage_->WriteState({{.key = "gone"}}).ok());
  ASSERT_TRUE(storage_->FinishCheckpoint(12, 1 << 20).ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(storage_->checkpoint(), 12u);
    const Loaded loaded = Load();
    EXPECT_EQ(loaded.state,
              (std::map<std::string, uint64_t>{{"a", 7}, {"b", 14}}));
    EXPECT_LE(loaded.first, 13u);
    EXPECT_EQ(loaded.last, 20u);
    Reopen();
  }
}

TEST_P(StorageContract, ReplacesTheTailOfTheLog) {
  struct Case {
    uint64_t common;
    uint64_t checkpoint;
    uint64_t last;  // of what takes its place
  };
  for (const Case& c : {Case{14, 8, 25},
                        {10, 20, 25},
                        {20, 12, 21},
                        {29, 30, 29},
                        {14, 30, 16}}) {
    disk_ = GetParam()();
    storage_ = disk_->Open();
    Append(1, 10);
    Append(11, 20);
    Append(21, 30);
    ASSERT_TRUE(storage_->WriteState(Present(5, "stays")).ok());
    ASSERT_TRUE(storage_->WriteState(Present(30, "back")).ok());
    ASSERT_TRUE(storage_->WriteState(Present(30, "gone")).ok());
    ASSERT_TRUE(storage_->FinishCheckpoint(c.checkpoint, 1 << 20).ok());
    std::vector<LogSlice> log;
    if (c.last > c.common) {
      log.push_back({c.common + 1, c.last, SetRecords(c.common + 1, c.last)});
    }
    std::vector<StateChange> changes = Present(3, "back");
    changes.push_back({.key = "gone"});
    ASSERT_TRUE(
        storage_->ReplaceTail(c.common, log, changes, {{"member", "m"}}).ok());
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(storage_->checkpoint(), std::min(c.common, c.checkpoint));
      const Loaded loaded = Load();
      EXPECT_EQ(loaded.state, (State{{"back", 3}, {"stays", 5}}));
      // A state that is complete beyond the log needs none of it.
      EXPECT_EQ(loaded.last,
                log.empty() && c.checkpoint >= c.common ? 0 : c.last);
      const auto all = storage_->ReadLog(1, 1 << 20);
      ASSERT_TRUE(all.ok()) << all.status();
      EXPECT_EQ(all->last, std::max(c.common, c.last));
      EXPECT_TRUE(DecodeRun(all->records, 1).ok());
      EXPECT_EQ(storage_->ReadMeta()->at("member"), "m");
      Reopen();
    }
    Append(std::max(c.common, c.last) + 1, 40);
    ASSERT_TRUE(storage_->FinishCheckpoint(35, 0).ok());
    Reopen();
    EXPECT_EQ(Load().last, 40u);
  }
}

TEST_P(StorageContract, LoadPassesACallbacksErrorOn) {
  Append(1, 10);
  ASSERT_TRUE(storage_->WriteState(Present(5, "a")).ok());
  const absl::Status no = absl::DataLossError("no");
  EXPECT_EQ(storage_->LoadLog([&](const LogSlice&) { return no; }), no);
  EXPECT_EQ(storage_->LoadState(0, kStateSlices,
                                [&](const RecordView&) { return no; }),
            no);
}

// A key in each slice and in two databases, with versions that tell them apart.
inline std::vector<StateChange> OneOfEachSlice() {
  std::vector<StateChange> changes;
  for (uint8_t database : {0, 15}) {
    for (uint8_t slice = 0; slice < kStateSlices; ++slice) {
      const std::string key = "k" + std::to_string(slice);
      changes.push_back({slice, database, key,
                         Encoded({.type = RecordType::kSet,
                                  .index = 1u + slice + 100u * database,
                                  .key = key,
                                  .value = "v",
                                  .database = database})});
    }
  }
  return changes;
}

TEST_P(StorageContract, LoadsSlicesApartAndAtTheSameTime) {
  Append(1, 2000);
  ASSERT_TRUE(storage_->WriteState(OneOfEachSlice()).ok());
  for (int round = 0; round < 2; ++round) {
    std::vector<std::vector<uint64_t>> versions(kStateSlices);
    std::vector<std::thread> loaders;
    for (int half = 0; half < 2; ++half) {
      loaders.emplace_back([&, half] {
        for (int slice = half; slice < kStateSlices; slice += 2) {
          const absl::Status s = storage_->LoadState(
              slice, slice + 1, [&](const RecordView& record) {
                versions[static_cast<size_t>(slice)].push_back(record.index);
                return absl::OkStatus();
              });
          EXPECT_TRUE(s.ok()) << s;
        }
      });
    }
    for (std::thread& loader : loaders) loader.join();
    for (uint64_t slice = 0; slice < kStateSlices; ++slice) {
      EXPECT_THAT(versions[slice],
                  ::testing::UnorderedElementsAre(1 + slice, 1501 + slice));
    }
    EXPECT_EQ(LoadState(3, 5), (State{{"k3", 1504}, {"k4", 1505}}));
    EXPECT_TRUE(LoadState(5, 5).empty());
    Reopen();
  }
}

TEST_P(StorageContract, OfTwoChangesOfOneKeyTheLaterOneCounts) {
  Append(1, 10);
  std::vector<StateChange> changes = Present(3, "b");
  changes.push_back({.key = "a", .record = SetRecord(4, "a", "v")});
  changes.push_back({.key = "b", .record = SetRecord(9, "b", "v")});
  changes.push_back({.key = "a"});
  ASSERT_TRUE(storage_->WriteState(changes).ok());
  EXPECT_EQ(LoadState(0, kStateSlices), (State{{"b", 9}}));
}

TEST_P(StorageContract, AKeyIsDeletedInItsDatabaseOnly) {
  Append(1, 2000);
  ASSERT_TRUE(storage_->WriteState(OneOfEachSlice()).ok());
  ASSERT_TRUE(
      storage_->WriteState({{.slice = 7, .database = 15, .key = "k7"}}).ok());
  Reopen();
  EXPECT_EQ(LoadState(7, 8), (State{{"k7", 8}}));
}

TEST_P(StorageContract, ARowThatNamesAnotherKeyOrDatabaseIsDamage) {
  Append(1, 10);
  const std::vector<StateChange> rows = {
      {.key = "a", .record = SetRecord(5, "b", "v")},
      {.database = 1, .key = "a", .record = SetRecord(5, "a", "v")},
      {.key = "a", .record = SetRecord(5, "a", "v") + "x"},
      {.key = "", .record = "no record"}};
  for (const StateChange& row : rows) {
    ASSERT_TRUE(storage_->WriteState({row}).ok());
    EXPECT_EQ(
        storage_
            ->LoadState(0, kStateSlices,
                        [](const RecordView&) { return absl::OkStatus(); })
            .code(),
        absl::StatusCode::kDataLoss);
    ASSERT_TRUE(
        storage_->WriteState({{.database = row.database, .key = row.key}})
            .ok());
  }
}

TEST_P(StorageContract, KeepsItsHashSeed) {
  const uint64_t seed = storage_->hash_seed();
  EXPECT_NE(seed, 0u);
  Reopen();
  EXPECT_EQ(storage_->hash_seed(), seed);
  ASSERT_TRUE(storage_->BeginStaging(1).ok());
  ASSERT_TRUE(storage_->CommitStaging({}).ok());
  EXPECT_EQ(storage_->hash_seed(), seed);
}

TEST_P(StorageContract, KnowsItsSize) {
  EXPECT_EQ(storage_->size().log_bytes, 0u);
  EXPECT_EQ(storage_->size().state_keys, 0u);
  const size_t blob = SetRecords(1001, 1010).size();
  for (uint64_t i = 0; i < 100; ++i) Append(1001 + 10 * i, 1010 + 10 * i);
  std::vector<StateChange> changes;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = std::to_string(1000 + i);
    changes.push_back({.slice = static_cast<uint8_t>(i % kStateSlices),
                       .key = key,
                       .record = SetRecord(1001, key, "v")});
  }
  ASSERT_TRUE(storage_->WriteState(changes).ok());
  for (int round = 0; round < 2; ++round) {
    const StorageSize size = storage_->size();
    EXPECT_EQ(size.log_bytes, 100 * blob);
    EXPECT_THAT(size.state_keys,
                ::testing::AllOf(::testing::Ge(900u), ::testing::Le(1100u)));
    EXPECT_GT(size.state_bytes, 10'000u);
    Reopen();
  }
  ASSERT_TRUE(storage_->FinishCheckpoint(2000, 5 * blob).ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(storage_->size().log_bytes, 5 * blob);
    Reopen();
  }
  ASSERT_TRUE(storage_->BeginStaging(5000).ok());
  ASSERT_TRUE(storage_->StageLog(5001, 5010, SetRecords(5001, 5010)).ok());
  ASSERT_TRUE(storage_->CommitStaging({}).ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(storage_->size().log_bytes, SetRecords(5001, 5010).size());
    Reopen();
  }
}

TEST_P(StorageContract, TrimsTheLogToItsNewestBytes) {
  for (uint64_t i = 0; i < 100; ++i) Append(1 + 10 * i, 10 + 10 * i);
  const size_t blob = SetRecords(901, 910).size();
  ASSERT_TRUE(storage_->FinishCheckpoint(1000, 5 * blob).ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(storage_->ReadLog(940, 10).status().code(),
              absl::StatusCode::kOutOfRange);
    EXPECT_TRUE(storage_->ReadLog(951, 10).ok())
        << "within the newest five blobs";
    EXPECT_EQ(storage_->ReadLog(951, 1 << 20)->last, 1000u);
    Reopen();
  }
  // The sizes are still known.
  Append(1001, 1010);
  ASSERT_TRUE(storage_->FinishCheckpoint(1010, 2 * blob).ok());
  EXPECT_FALSE(storage_->ReadLog(970, 10).ok());
  EXPECT_TRUE(storage_->ReadLog(995, 10).ok());
}

TEST_P(StorageContract, NeverTrimsPastTheCheckpoint) {
  for (uint64_t i = 0; i < 100; ++i) Append(1 + 10 * i, 10 + 10 * i);
  ASSERT_TRUE(storage_->FinishCheckpoint(504, 0).ok());
  EXPECT_TRUE(storage_->ReadLog(505, 10).ok());
  EXPECT_FALSE(storage_->ReadLog(500, 10).ok());
  const Loaded loaded = Load();
  EXPECT_EQ(loaded.first, 501u);
  EXPECT_EQ(loaded.last, 1000u);
}

TEST_P(StorageContract, KeepsTheLogWhileItIsSmall) {
  Append(1, 10);
  Append(11, 20);
  ASSERT_TRUE(storage_->FinishCheckpoint(20, 1 << 20).ok());
  EXPECT_TRUE(storage_->ReadLog(1, 10).ok());
}

TEST_P(StorageContract, CommitsAStagedGeneration) {
  Append(1, 10);
  ASSERT_TRUE(storage_->WriteState(Present(5, "old")).ok());
  ASSERT_TRUE(storage_->WriteMeta("kept", "k").ok());
  ASSERT_TRUE(storage_->BeginStaging(100).ok());
  ASSERT_TRUE(storage_->StageState(Present(90, "new")).ok());
  ASSERT_TRUE(storage_->StageLog(101, 110, SetRecords(101, 110)).ok());
  EXPECT_EQ(Load().last, 10u) << "nothing shows before the commit";
  ASSERT_TRUE(storage_->CommitStaging({{"lineage", "l"}}).ok());
  ASSERT_TRUE(storage_->AppendLog(111, 120, SetRecords(111, 120), false).ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(storage_->checkpoint(), 100u);
    EXPECT_EQ(*storage_->ReadMeta(),
              (MetaMap{{"kept", "k"}, {"lineage", "l"}}));
    const Loaded loaded = Load();
    EXPECT_EQ(loaded.state, (std::map<std::string, uint64_t>{{"new", 90}}));
    EXPECT_EQ(loaded.first, 101u);
    EXPECT_EQ(loaded.last, 120u);
    EXPECT_FALSE(storage_->ReadLog(5, 10).ok());
    Reopen();
  }
}

TEST_P(StorageContract, StagingThatWasNotCommittedIsGoneAfterACrash) {
  Append(1, 10);
  ASSERT_TRUE(storage_->BeginStaging(100).ok());
  ASSERT_TRUE(storage_->StageState(Present(90, "new")).ok());
  ASSERT_TRUE(storage_->StageLog(101, 110, SetRecords(101, 110)).ok());
  Reopen();
  EXPECT_EQ(Load().last, 10u);
  // And does not come back with the next one.
  ASSERT_TRUE(storage_->BeginStaging(200).ok());
  ASSERT_TRUE(storage_->CommitStaging({}).ok());
  Reopen();
  EXPECT_TRUE(Load().state.empty());
  EXPECT_EQ(Load().last, 0u);
  EXPECT_EQ(storage_->checkpoint(), 200u);
}

TEST_P(StorageContract, DroppedOrRepeatedStagingLeavesNothing) {
  Append(1, 10);
  ASSERT_TRUE(storage_->BeginStaging(100).ok());
  ASSERT_TRUE(storage_->StageState(Present(90, "first")).ok());
  ASSERT_TRUE(storage_->BeginStaging(100).ok());
  ASSERT_TRUE(storage_->StageState(Present(91, "second")).ok());
  ASSERT_TRUE(storage_->DropStaging().ok());
  ASSERT_TRUE(storage_->DropStaging().ok());
  EXPECT_EQ(Load().last, 10u);
  ASSERT_TRUE(storage_->BeginStaging(100).ok());
  ASSERT_TRUE(storage_->StageState(Present(92, "third")).ok());
  ASSERT_TRUE(storage_->CommitStaging({}).ok());
  EXPECT_EQ(Load().state, (std::map<std::string, uint64_t>{{"third", 92}}));
}

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_STORAGE_CONTRACT_H_
