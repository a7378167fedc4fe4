// The file SYNCED, whole, missing and damaged.
#include "engine/rocksdb_synced_mark.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temp_dir.h"

namespace vigil::engine {
namespace {

class SyncedMarkTest : public ::testing::Test {
 protected:
  std::string path() const {
    return temp_.path() + "/" + SyncedMark::kFileName;
  }
  std::string Bytes() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  uint64_t ReadOf(const std::string& bytes) const {
    std::ofstream(path(), std::ios::binary) << bytes;
    return SyncedMark::Read(temp_.path());
  }

  const TempDir temp_;
};

TEST_F(SyncedMarkTest, SaysTheLargestNumberItWasTold) {
  EXPECT_EQ(SyncedMark::Read(temp_.path()), 0u);
  {
    SyncedMark mark(temp_.path());
    mark.Advance(70'000);
    mark.Advance(7);
  }
  EXPECT_EQ(SyncedMark::Read(temp_.path()), 70'000u);
  SyncedMark again(temp_.path());
  again.Advance(8);
  EXPECT_EQ(SyncedMark::Read(temp_.path()), 70'000u);
}

TEST_F(SyncedMarkTest, AFileThatIsNotWhatWasWrittenSaysNothing) {
  SyncedMark(temp_.path()).Advance(0x0102030405060708);
  const std::string whole = Bytes();
  ASSERT_EQ(ReadOf(whole), 0x0102030405060708u);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(ReadOf(whole.substr(0, size)), 0u) << size;
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string turned = whole;
    turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(ReadOf(turned), 0u) << bit;
  }
}

}  // namespace
}  // namespace vigil::engine
