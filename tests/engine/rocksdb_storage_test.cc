#include "engine/rocksdb_storage.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/engine/storage_contract.h"
#include "tests/support/temp_dir.h"

namespace vigil::engine {
namespace {

class RocksDbBench final : public StorageDisk {
 public:
  std::unique_ptr<Storage> Open() override {
    auto storage = OpenRocksDbStorage(dir_.path());
    EXPECT_TRUE(storage.ok()) << storage.status();
    return *std::move(storage);
  }

 private:
  TempDir dir_;
};

INSTANTIATE_TEST_SUITE_P(RocksDb, StorageContract, ::testing::Values([] {
                           return std::make_unique<RocksDbBench>();
                         }));

TEST(RocksDbStorage, EachHasAHashSeedOfItsOwn) {
  RocksDbBench one;
  RocksDbBench other;
  EXPECT_NE(one.Open()->hash_seed(), other.Open()->hash_seed());
}

}  // namespace
}  // namespace vigil::engine
