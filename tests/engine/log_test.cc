#include "engine/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

#include "tests/engine/records.h"

namespace vigil::engine {
namespace {

// The checkpointer of a replica does this all the time.
TEST(Log, WhoWaitsForWhatAReplicaAppendsIsNeverLeftBehind) {
  constexpr uint64_t kRecords = 200'000;
  Log log(LogRing(0), 1 << 20, /*memory_only=*/false);
  std::atomic<bool> appended{false};
  const auto waiter = std::async(std::launch::async, [&] {
    while (!appended) log.AwaitPersisted(log.last_index());
  });
  for (uint64_t i = 1; i <= kRecords; ++i) {
    const std::string bytes = SetRecord(i, "k", "v");
    const auto run = DecodeRun(bytes, i);
    ASSERT_TRUE(run.ok()) << run.status();
    log.AppendPersisted(*run, /*durable=*/false);
  }
  appended = true;
  EXPECT_EQ(waiter.wait_for(std::chrono::seconds(20)),
            std::future_status::ready);
  log.Fail(absl::InternalError("end"));  // wakes it
}

}  // namespace
}  // namespace vigil::engine
