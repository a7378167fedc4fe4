// Very large values are freed where nobody waits, whoever lets go of them last.
#include "engine/reclaimer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "engine/cell_heap.h"
#include "engine/page_pool.h"
#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

constexpr size_t kBytes = LargeMemory::kBytesMin;
constexpr MonoTime kPast{};

TEST(Reclaimer, HoweverMuchIsGivenIsFreedByDrain) {
  Signal bell;
  Reclaimer reclaimer(bell);
  constexpr uint64_t kMany = 3000;
  for (uint64_t i = 0; i < kMany; ++i) {
    const uint64_t seen = bell.Seen();
    reclaimer.Give(::operator new(kBytes), kBytes);
    EXPECT_NE(bell.Seen(), seen);
  }
  EXPECT_EQ(reclaimer.counts().waiting, kMany);
  EXPECT_EQ(reclaimer.counts().waiting_bytes, kMany * kBytes);
  EXPECT_EQ(reclaimer.counts().freed, 0u);
  reclaimer.Drain();
  EXPECT_EQ(reclaimer.counts().waiting, 0u);
  EXPECT_EQ(reclaimer.counts().waiting_bytes, 0u);
  EXPECT_EQ(reclaimer.counts().freed, kMany);
}

TEST(Reclaimer, WhoeverWantsMoreWaitsWhileTooMuchIsToBeFreed) {
  Signal bell;
  Reclaimer reclaimer(bell);
  EXPECT_TRUE(reclaimer.AwaitRoom(kPast).ok());
  reclaimer.Give(::operator new(kBytes), Reclaimer::kWaitingMax - 1);
  EXPECT_TRUE(reclaimer.AwaitRoom(kPast).ok());
  reclaimer.Give(::operator new(kBytes), kBytes);
  EXPECT_EQ(reclaimer.AwaitRoom(kPast).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(reclaimer.counts().refused, 1u);
  EXPECT_EQ(reclaimer.counts().delays.ended, 0u) << "it has not waited";
  std::thread waits([&] { EXPECT_TRUE(reclaimer.AwaitRoom(kForever).ok()); });
  while (reclaimer.counts().delays.now == 0) std::this_thread::yield();
  reclaimer.Drain();
  waits.join();
  EXPECT_EQ(reclaimer.counts().delays.now, 0u);
  EXPECT_EQ(reclaimer.counts().delays.ended, 1u);
}

TEST(Reclaimer, AfterItIsClosedWhoeverGivesFrees) {
  auto bell = std::make_unique<Signal>();
  Reclaimer reclaimer(*bell);
  reclaimer.Give(::operator new(kBytes), kBytes);
  reclaimer.Close();
  bell.reset();
  EXPECT_EQ(reclaimer.counts().waiting, 0u);
  reclaimer.Give(::operator new(kBytes), kBytes);
  EXPECT_EQ(reclaimer.counts().waiting, 0u);
}

// --- Cells

class CellReclaim : public testing::Test {
 protected:
  Cell* Make(size_t bytes) {
    const std::string value(bytes, 'v');
    return heap_.Make({.key = "k", .value = value});
  }
  uint64_t waiting() const { return reclaimer_->counts().waiting; }

  PagePool pool_;
  std::shared_ptr<Reclaimer> reclaimer_ =
      std::make_shared<Reclaimer>(pool_.bell());
  CellHeap heap_{pool_, reclaimer_};
};

TEST_F(CellReclaim, OnlyWhatTakesLongToFreeIsHandedOver) {
  for (const size_t bytes : {100, 3000, 60'000}) heap_.Free(Make(bytes));
  EXPECT_EQ(waiting(), 0u);
  Cell* const large = Make(100'000);
  EXPECT_EQ(heap_.used_bytes(), CellHeap::BytesOf(*large));
  heap_.Free(large);
  EXPECT_EQ(waiting(), 1u);
  EXPECT_EQ(heap_.used_bytes(), 0u) << "it no longer counts";
  EXPECT_GT(reclaimer_->counts().waiting_bytes, 100'000u);
}

TEST_F(CellReclaim, TheLastPinHandsOver) {
  Cell* const cell = Make(100'000);
  CellPin pin(*cell);
  heap_.Free(cell);
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(pin.get()->value().size(), 100'000u);
  pin = {};
  EXPECT_EQ(waiting(), 1u);
}

TEST_F(CellReclaim, APinMayOutliveReclaimerAndHeap) {
  CellPin pin;
  {
    auto reclaimer = std::make_shared<Reclaimer>(pool_.bell());
    CellHeap heap(pool_, reclaimer);
    const std::string value(100'000, 'v');
    Cell* const cell = heap.Make({.key = "k", .value = value});
    pin = CellPin(*cell);
    heap.Free(cell);
    reclaimer->Close();
  }
  EXPECT_EQ(pin.get()->value().back(), 'v');
}

// --- The engine

class EngineReclaim : public EngineTest {
 protected:
  void SetUp() override {
    OpenInMemory();
    engine_->OpenGate({});
  }
  static std::string Key(uint64_t i) { return "k" + std::to_string(i); }
  // The housekeeper may be in the middle of it.
  void AwaitFreed(uint64_t values) {
    const SystemClock clock;
    const MonoTime deadline = clock.Mono() + absl::Seconds(60);
    while (engine_->status().freed_values < values && clock.Mono() < deadline)
      std::this_thread::yield();
  }
};

// More at once than a list of a bounded number of them held.
TEST_F(EngineReclaim, NoValueIsFreedByTheOneWhoDeletesOrReadsIt) {
  constexpr uint64_t kMany = 2000;
  constexpr uint64_t kPinned = 20;
  const std::string value(kBytes, 'v');
  std::vector<PinnedEntry> pins;
  std::vector<std::string> keys;
  std::vector<Mutation> deletes;
  for (uint64_t i = 0; i < kMany; ++i) {
    keys.push_back(Key(i));
    Set(keys.back(), value);
    if (i < kPinned) pins.push_back(*engine_->GetPinned(keys.back()));
  }
  for (const std::string& key : keys)
    deletes.push_back({.kind = Mutation::Kind::kDelete, .key = key});
  ASSERT_TRUE(engine_->MutateMany(deletes, kForever).ok());
  engine_->DeleteExpired();  // what the housekeeper has left
  AwaitFreed(kMany - kPinned);
  EXPECT_EQ(engine_->status().freed_values, kMany - kPinned);
  for (const PinnedEntry& pin : pins) EXPECT_EQ(pin.value(), value);
  pins.clear();
  engine_->DeleteExpired();
  AwaitFreed(kMany);
  EXPECT_EQ(engine_->status().freed_values, kMany);
  EXPECT_EQ(engine_->status().unfreed_values, 0u);
  EXPECT_EQ(engine_->status().unfreed_bytes, 0u);
}

// For AddressSanitizer and ThreadSanitizer.
TEST_F(EngineReclaim, PinsAreLetGoWhileTheEngineEnds) {
  for (int round = 0; round < 20; ++round) {
    OpenInMemory();
    engine_->OpenGate({});
    Set("k", std::string(kBytes * 2, 'v'));
    std::atomic<int> holding{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&, pin = *engine_->GetPinned("k")]() mutable {
        ++holding;
        EXPECT_EQ(pin.value().back(), 'v');
        pin = {};
      });
    }
    while (holding == 0) std::this_thread::yield();
    Set("k", "small");
    engine_.reset();
    for (std::thread& reader : readers) reader.join();
  }
}

}  // namespace
}  // namespace vigil::engine
