// What an engine tells of its long works, and of what writers wait for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/data_set.h"
#include "engine/flush_work.h"
#include "engine/keyspaces.h"
#include "engine/page_pool.h"
#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EngineWorks : public EngineTest {
 protected:
  void Open() {
    engine_ = *Engine::Open(options_, nullptr, clock_, nullptr,
                            [this](const Work& work) {
                              MutexLock lock(mu_);
                              told_.push_back(work);
                            });
  }
  std::vector<Work> told() {
    MutexLock lock(mu_);
    return told_;
  }
  // "what keys/total bytes"
  std::vector<std::string> UnderWay() const {
    std::vector<std::string> works;
    for (const Work& work : engine_->works()) {
      works.push_back(work.what + " " + std::to_string(work.keys) + "/" +
                      std::to_string(work.total_keys) + " " +
                      std::to_string(work.bytes));
    }
    return works;
  }

 private:
  Mutex mu_;
  std::vector<Work> told_ ABSL_GUARDED_BY(mu_);
};

TEST_F(EngineWorks, AFullSyncTellsKeysOfHowManyAndBytes) {
  Open();
  ASSERT_TRUE(engine_->BeginStaging(20, 3).ok());
  EXPECT_THAT(UnderWay(), ElementsAre("full_sync 0/3 0"));
  const std::string entries = SetRecord(7, "a", "1") + SetRecord(9, "b", "2");
  ASSERT_TRUE(engine_->StageEntries(entries).ok());
  const std::string bytes = std::to_string(entries.size());
  EXPECT_THAT(UnderWay(), ElementsAre("full_sync 2/3 " + bytes));
  const std::string log = SetRecord(21, "c", "3");
  ASSERT_TRUE(engine_->StageLog(log).ok());
  EXPECT_THAT(UnderWay(),
              ElementsAre("full_sync 2/3 " +
                          std::to_string(entries.size() + log.size())));
  ASSERT_TRUE(engine_->CommitStaging({}).ok());
  EXPECT_THAT(UnderWay(), IsEmpty());
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told()[0].keys, 2u);
}

TEST_F(EngineWorks, ARewindDoesToo) {
  Open();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 15)).ok());
  ASSERT_TRUE(engine_->BeginRewind(12, 1000).ok());
  EXPECT_THAT(UnderWay(), ElementsAre("rewind 0/3 0"));
  const std::string entry = SetRecord(13, "k13", "theirs");
  ASSERT_TRUE(engine_->StageEntries(entry).ok());
  EXPECT_THAT(UnderWay(),
              ElementsAre("rewind 1/3 " + std::to_string(entry.size())));
  ASSERT_TRUE(engine_->StageLog(entry).ok());
  ASSERT_TRUE(engine_->CommitStaging({}).ok());
  EXPECT_THAT(UnderWay(), IsEmpty());
}

TEST_F(EngineWorks, WhatIsGivenUpIsUnderWayNoMore) {
  Open();
  ASSERT_TRUE(engine_->Apply(SetRecords(1, 15)).ok());
  ASSERT_TRUE(engine_->BeginRewind(12, 1000).ok());
  engine_->DropStaging();
  EXPECT_THAT(UnderWay(), IsEmpty());
  ASSERT_TRUE(engine_->BeginStaging(20, 3).ok());
  engine_->DropStaging();
  EXPECT_THAT(UnderWay(), IsEmpty());
}

TEST(FlushWork, TellsWhatWasThereWhenItLookedFirstAndWhatIsErasedSince) {
  const SystemClock clock;
  PagePool pool;
  Keyspaces keyspaces({}, 4, pool);
  constexpr uint64_t kKeys = 20'000;
  for (uint64_t i = 1; i <= kKeys; ++i) {
    const std::string key = "k" + std::to_string(i);
    keyspaces.Apply({.type = RecordType::kSet, .index = i, .key = key});
  }
  DataSet data(std::move(keyspaces), /*metered=*/false);
  WorkBoard works(clock, nullptr);
  FlushWork flush(data, works);
  flush.Look();
  EXPECT_THAT(works.list(), IsEmpty());
  const std::string key = FlushKey(0);
  data.Apply({.type = RecordType::kSet,
              .index = kKeys + 1,
              .key = key,
              .database = kOwnDatabase});
  flush.Look();
  ASSERT_EQ(works.list().size(), 1u);
  EXPECT_EQ(works.list()[0].what, "flush");
  EXPECT_EQ(works.list()[0].keys, 0u);
  EXPECT_EQ(works.list()[0].total_keys, kKeys);
  for (size_t shard = 0; data.flushed_cells() > 0; shard = (shard + 1) % 4) {
    data.Write(shard, [](Keyspace& keyspace) { keyspace.EraseSomeFlushed(); });
    flush.Look();
    const std::vector<Work> left = works.list();
    if (left.empty()) break;
    EXPECT_EQ(left[0].keys, kKeys - data.flushed_cells());
  }
  EXPECT_EQ(data.flushed_cells(), 0u);
  EXPECT_THAT(works.list(), IsEmpty()) << "it has ended";
}

// By itself, as the housekeeper sees it: a flush in the middle of its round it sees when
// some of it is erased already.
TEST_F(EngineWorks, ErasingWhatWasFlushedIsAWork) {
  options_.housekeeping_period = absl::Milliseconds(1);
  Open();
  engine_->OpenGate({});
  constexpr uint64_t kKeys = 20'000;
  constexpr int kFlushes = 20;
  uint64_t keys = 0;
  for (int flush = 0; flush < kFlushes; ++flush) {
    for (uint64_t i = 0; i < kKeys; ++i) Set("k" + std::to_string(i), "v");
    ASSERT_TRUE(engine_->Flush(std::vector<int>{0}, kForever).ok());
    while (engine_->status().bytes.cells > kKeys) std::this_thread::yield();
  }
  while (!engine_->works().empty()) std::this_thread::yield();
  for (const Work& work : told()) {
    EXPECT_EQ(work.what, "flush");
    EXPECT_LE(work.keys, work.total_keys);
    if (work.keys == work.total_keys) keys += work.keys;
  }
  // A work that takes long is told of its end twice: as its last step, and as its end.
  EXPECT_GE(keys, kFlushes * kKeys / 4);
}

// --- Back-pressure

class EngineWritePressure : public EngineTest {
 protected:
  void SetUp() override {
    options_.log_memory_bytes = 1000;
    OpenOnDisk();
    engine_->OpenGate({});
  }
  void TearDown() override { disk_->Hang(false); }
  // As many writes as there is room for.
  void FillLog() {
    while (engine_->Set("k", std::string(100, 'v'), {}, kAtOnce).ok()) {
    }
  }
  WritePressure pressure() const { return engine_->status().pressure; }
};

TEST_F(EngineWritePressure, TheBacklogOfTheDiskIsTold) {
  AwaitPersisted(Set("k", "v"));
  EXPECT_EQ(pressure().unpersisted_bytes, 0u);
  EXPECT_EQ(pressure().unpersisted_bytes_max, 1000u);
  disk_->Hang(true);
  FillLog();
  EXPECT_GE(pressure().unpersisted_bytes, 1000u);
  disk_->Hang(false);
  AwaitPersisted(engine_->last_index());
  EXPECT_EQ(pressure().unpersisted_bytes, 0u);
}

TEST_F(EngineWritePressure, WritesThatWaitAreCountedAndHowLong) {
  EXPECT_EQ(pressure().delays.ended, 0u);
  disk_->Hang(true);
  FillLog();
  EXPECT_EQ(pressure().refused_log_full, 1u);
  EXPECT_EQ(pressure().delays.ended, 0u) << "it has not waited";
  std::thread writer([&] { Set("waits", "v"); });
  while (pressure().delays.now == 0) std::this_thread::yield();
  disk_->Hang(false);
  writer.join();
  EXPECT_EQ(pressure().delays.now, 0u);
  EXPECT_EQ(pressure().delays.ended, 1u);
  EXPECT_GT(pressure().delays.total, absl::ZeroDuration());
  EXPECT_EQ(pressure().refused_memory, 0u);
}

TEST_F(EngineWritePressure, WritesThatMemoryHasNoRoomForAreCounted) {
  options_.max_memory = 1 << 20;
  OpenInMemory();
  engine_->OpenGate({});
  EXPECT_FALSE(engine_->Set("k", std::string(1 << 21, 'v'), {}, kForever).ok());
  while (engine_
             ->Set(std::to_string(engine_->last_index()),
                   std::string(1000, 'v'), {}, kForever)
             .ok()) {
  }
  EXPECT_EQ(pressure().refused_memory, 2u);
}

}  // namespace
}  // namespace vigil::engine
