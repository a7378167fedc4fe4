// The write gate: who may write, that closing is final, and that memory is bounded.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

class EngineGate : public EngineTest {};

TEST_F(EngineGate, MarkersComeFirst) {
  OpenInMemory();
  EXPECT_EQ(engine_->OpenGate(
                {{RecordType::kEpoch, "e"}, {RecordType::kConfiguration, "c"}}),
            2u);
  EXPECT_EQ(Set("k", "v"), 3u);
  EXPECT_EQ(engine_->OpenGate({}), 3u) << "no marker, no record";
}

TEST_F(EngineGate, AMarkerBetweenTheRecordsOfWriters) {
  OpenInMemory();
  EXPECT_EQ(engine_->AppendMarker({RecordType::kConfiguration, "c"}), 0u)
      << "the gate is closed";
  engine_->OpenGate({});
  EXPECT_EQ(Set("k", "v"), 1u);
  EXPECT_EQ(engine_->AppendMarker({RecordType::kConfiguration, "c"}), 2u);
  EXPECT_EQ(Set("k", "w"), 3u);
}

TEST_F(EngineGate, OpensAndClosesAgain) {
  OpenInMemory();
  engine_->OpenGate({});
  EXPECT_EQ(Set("k", "v"), 1u);
  EXPECT_EQ(engine_->CloseGate(), 1u);
  EXPECT_FALSE(engine_->Set("k", "v", {}, kForever).ok());
  EXPECT_EQ(engine_->OpenGate({{RecordType::kEpoch, "e"}}), 2u);
  EXPECT_EQ(Set("k", "v"), 3u);
}

TEST_F(EngineGate, ClosingIsFinalWhateverWritersDo) {
  OpenInMemory();
  for (int round = 0; round < 50; ++round) {
    engine_->OpenGate({{RecordType::kEpoch, "e"}});
    std::atomic<uint64_t> highest{0};
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w) {
      writers.emplace_back([&, w] {
        const std::string key = "k" + std::to_string(w);
        for (;;) {
          const auto index = engine_->Set(key, "v", {}, kForever);
          if (!index.ok()) return;
          uint64_t before = highest;
          while (before < *index &&
                 !highest.compare_exchange_weak(before, *index)) {
          }
        }
      });
    }
    while (highest == 0) std::this_thread::yield();
    const uint64_t last = engine_->CloseGate();
    EXPECT_EQ(engine_->last_index(), last);
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(engine_->last_index(), last);
    EXPECT_LE(highest, last);
  }
}

TEST_F(EngineGate, WritersWaitForTheDiskAndNoLongerThanTheirDeadline) {
  options_.log_memory_bytes = 64 << 10;
  OpenOnDisk();
  engine_->OpenGate({});
  disk_->Hang(true);
  absl::StatusOr<uint64_t> index = 0;
  uint64_t written = 0;
  for (;;) {
    index = engine_->Set("k", std::string(1000, 'v'), {}, kAtOnce);
    if (!index.ok()) break;
    written = *index;
  }
  EXPECT_EQ(index.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(engine_->last_index(), written) << "nothing was written";
  EXPECT_LT(engine_->status().log_memory_bytes,
            options_.log_memory_bytes + 2000);
  EXPECT_EQ(Get("k").size(), 1000u) << "reads do not wait";

  std::thread patient([&] { Set("patient", "v"); });
  disk_->Hang(false);
  patient.join();
  EXPECT_EQ(Get("patient"), "v");
}

TEST_F(EngineGate, AWriterThatWaitsForRoomLearnsThatTheGateClosed) {
  options_.log_memory_bytes = 64 << 10;
  OpenOnDisk();
  engine_->OpenGate({});
  disk_->Hang(true);
  while (engine_->Set("k", std::string(1000, 'v'), {}, kAtOnce).ok()) {
  }
  absl::Status refused;
  std::thread writer(
      [&] { refused = engine_->Set("k", "v", {}, kForever).status(); });
  engine_->CloseGate();
  writer.join();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  disk_->Hang(false);
}

TEST_F(EngineGate, ManyWritersAndReadersAgreeOnTheLog) {
  options_.log_memory_bytes = 64 << 20;
  OpenOnDisk();
  engine_->OpenGate({});
  std::vector<std::thread> threads;
  for (int w = 0; w < 4; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < 3000; ++i) {
        const std::string key = "k" + std::to_string((i * 7 + w) % 50);
        const auto index = engine_->Set(key, std::to_string(i), {}, kForever);
        ASSERT_TRUE(index.ok());
        const auto entry = engine_->Get(key);
        ASSERT_TRUE(entry.has_value());
        ASSERT_GE(entry->version, *index)
            << "a write is visible when it returns";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Content replayed;
  Replay(engine_->ReadLog(1, 64 << 20)->records, replayed);
  EXPECT_EQ(replayed, ContentOf(*engine_));
  EXPECT_EQ(engine_->last_index(), 12'000u);
  const Content before = ContentOf(*engine_);
  OpenOnDisk();
  EXPECT_EQ(ContentOf(*engine_), before);
}

}  // namespace
}  // namespace vigil::engine
