// EngineTest: an engine on a MemoryDisk, or on none, whose periodic threads stand
// still, so that a test says when a checkpoint or an expiry happens.
#ifndef VIGIL_TESTS_ENGINE_ENGINE_FIXTURE_H_
#define VIGIL_TESTS_ENGINE_ENGINE_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "engine/memory_storage.h"
#include "tests/engine/records.h"
#include "tests/support/manual_clock.h"

namespace vigil::engine {

inline constexpr MonoTime kForever = MonoTime::InfiniteFuture();
inline constexpr MonoTime kAtOnce{};  // a deadline that has passed

inline EngineOptions QuietOptions() {
  EngineOptions options;
  options.fsync = FsyncPolicy::kNever;
  options.shards = 4;
  options.checkpoint_period = absl::InfiniteDuration();
  options.housekeeping_period = absl::InfiniteDuration();
  return options;
}

class EngineTest : public ::testing::Test {
 protected:
  void OpenInMemory() {
    engine_ = *Engine::Open(options_, nullptr, clock_, nullptr);
  }

  void OpenOnDisk() {
    engine_.reset();
    auto engine = Engine::Open(options_, std::make_unique<MemoryStorage>(disk_),
                               clock_, nullptr);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  // The machine stops and starts; what was not synced is lost.
  void PowerCut() {
    disk_->PowerCut(0);
    OpenOnDisk();
  }

  uint64_t Set(std::string_view key, std::string_view value,
               WallTime expires = {}) {
    const auto index = engine_->Set(key, value, expires, kForever);
    EXPECT_TRUE(index.ok()) << index.status();
    return index.value_or(0);
  }

  std::string Get(std::string_view key) {
    const auto entry = engine_->Get(key);
    return entry.has_value() ? entry->value : "(none)";
  }

  // Waits for the flusher.
  void AwaitPersisted(uint64_t index) {
    for (;;) {
      const uint64_t seen = engine_->persisted().Seen();
      if (engine_->persisted_index() >= index || !engine_->health().ok())
        return;
      engine_->HurryPersisted();
      engine_->persisted().WaitPast(seen, kForever);
    }
  }

  ManualClock clock_;
  EngineOptions options_ = QuietOptions();
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  std::unique_ptr<Engine> engine_;
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_ENGINE_FIXTURE_H_
