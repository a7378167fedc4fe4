// What an engine tells of its long works, and of what writers wait for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

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

TEST_F(EngineWorks, ErasingWhatWasFlushedIsAWork) {
  options_.housekeeping_period = absl::Milliseconds(1);
  Open();
  engine_->OpenGate({});
  constexpr uint64_t kKeys = 20'000;
  for (uint64_t i = 0; i < kKeys; ++i) Set("k" + std::to_string(i), "v");
  ASSERT_TRUE(engine_->Flush(std::vector<int>{0}, kForever).ok());
  while (told().empty() || told().back().keys < kKeys)
    std::this_thread::yield();
  EXPECT_EQ(told().back().what, "flush");
  EXPECT_EQ(told().back().keys, kKeys);
  EXPECT_EQ(told().back().total_keys, kKeys);
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
