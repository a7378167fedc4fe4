// A real process with a real database, killed with SIGKILL while it writes, again
// and again: what comes back is exactly a prefix of what it wrote, and holds all
// that it said was persisted.
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/engine.h"
#include "engine/rocksdb_storage.h"
#include "tests/engine/workload.h"
#include "tests/engine/writer_process.h"
#include "tests/support/temp_dir.h"

namespace vigil::engine {
namespace {

class EngineKill : public ::testing::TestWithParam<uint64_t> {};

TEST_P(EngineKill, RecoversExactlyAPrefixThatHoldsWhatWasPersisted) {
  const uint64_t seed = GetParam();
  const TempDir dir;
  Random random(seed);
  const SystemClock clock;
  uint64_t last_before = 0;
  for (int life = 0; life < 5; ++life) {
    WriterProcess::Report report;
    {
      WriterProcess writer(VIGIL_ENGINE_WRITER, dir.path(), seed);
      const uint64_t reports = 1 + random.Uniform(4000);
      for (uint64_t i = 0; i < reports; ++i) ASSERT_TRUE(writer.Next(report));
      writer.Kill();
      while (writer.Next(report)) {  // what it said before it died
      }
    }
    auto storage = OpenRocksDbStorage(dir.path());
    ASSERT_TRUE(storage.ok()) << storage.status();
    const auto engine =
        Engine::Open(EngineOptions(), *std::move(storage), clock, nullptr);
    ASSERT_TRUE(engine.ok()) << engine.status();
    const uint64_t last = (*engine)->last_index();
    EXPECT_GE(last, report.persisted) << "seed " << seed << ", life " << life;
    EXPECT_GE(last, last_before) << "what came back once is durable";
    Workload workload(seed);
    workload.SkipTo(last);
    EXPECT_TRUE(ContentOf(**engine) == workload.content())
        << "seed " << seed << ", life " << life << ", at " << last;
    last_before = last;
  }
}

// No file of the process can grow beyond 3 MB: for RocksDB, a full disk.
TEST(EngineFullDisk, EndsInAnErrorAndLosesNothingThatWasPersisted) {
  constexpr uint64_t kSeed = 9;
  const TempDir dir;
  WriterProcess::Report report;
  {
    WriterProcess writer(VIGIL_ENGINE_WRITER, dir.path(), kSeed, "3000000");
    while (writer.Next(report)) {
    }
    EXPECT_EQ(writer.Wait(), 5);
  }
  EXPECT_GT(report.persisted, 0u);
  auto storage = OpenRocksDbStorage(dir.path());
  ASSERT_TRUE(storage.ok()) << storage.status();
  const SystemClock clock;
  const auto engine =
      Engine::Open(EngineOptions(), *std::move(storage), clock, nullptr);
  ASSERT_TRUE(engine.ok()) << engine.status();
  EXPECT_GE((*engine)->last_index(), report.persisted);
  Workload workload(kSeed);
  workload.SkipTo((*engine)->last_index());
  EXPECT_TRUE(ContentOf(**engine) == workload.content());
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineKill, ::testing::Range<uint64_t>(1, 4));

}  // namespace
}  // namespace vigil::engine
