#include "engine/work_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/support/manual_clock.h"

namespace vigil::engine {
namespace {

using testing::SizeIs;

class WorkBoardTest : public testing::Test {
 protected:
  ManualClock clock_;
  std::vector<Work> told_;
  WorkBoard board_{clock_, [this](const Work& work) { told_.push_back(work); }};
};

TEST_F(WorkBoardTest, ListsWhatIsUnderWay) {
  WorkBoard::Item load(board_, "load", 100, 5000);
  load.Add(10, 700);
  load.AddTotal(20);
  clock_.Advance(absl::Seconds(2));
  {
    const WorkBoard::Item other(board_, "backup", 0, 0);
    EXPECT_THAT(board_.list(), SizeIs(2));
  }
  ASSERT_THAT(board_.list(), SizeIs(1));
  const Work work = board_.list()[0];
  EXPECT_EQ(work.what, "load");
  EXPECT_EQ(work.keys, 10u);
  EXPECT_EQ(work.bytes, 700u);
  EXPECT_EQ(work.total_keys, 120u);
  EXPECT_EQ(work.total_bytes, 5000u);
  EXPECT_EQ(work.elapsed, absl::Seconds(2));
}

TEST_F(WorkBoardTest, ManyKeysAreToldTenTimesASecondAndAtTheEnd) {
  {
    WorkBoard::Item item(board_, "load", 0, 0);
    for (int i = 0; i < 10'000; ++i) {
      item.Add(1, 10);
      clock_.Advance(absl::Microseconds(100));
    }
  }
  EXPECT_GE(told_.size(), 9u);
  EXPECT_LE(told_.size(), 11u);
  EXPECT_EQ(told_.back().keys, 10'000u);
}

// A copy of files counts no keys, a full sync of large values few.
TEST_F(WorkBoardTest, SoAreManyBytesWithoutKeys) {
  {
    WorkBoard::Item item(board_, "backup", 0, 0);
    for (int i = 0; i < 100; ++i) {
      item.Add(0, 1 << 20);
      clock_.Advance(absl::Milliseconds(10));
    }
  }
  EXPECT_GE(told_.size(), 9u);
  EXPECT_LE(told_.size(), 11u);
}

TEST_F(WorkBoardTest, AProgressIsAnItemFromItsFirstWordOn) {
  {
    ProgressItem item(board_);
    const OnProgress tell = item.listener();
    EXPECT_THAT(board_.list(), SizeIs(0));
    for (const uint64_t done : {10, 30}) {
      tell({.what = "verify",
            .done_keys = done,
            .done_bytes = done * 10,
            .total_keys_estimate = 40,
            .total_bytes_estimate = 400});
    }
    ASSERT_THAT(board_.list(), SizeIs(1));
    EXPECT_EQ(board_.list()[0].keys, 30u);
    EXPECT_EQ(board_.list()[0].bytes, 300u);
    EXPECT_EQ(board_.list()[0].total_keys, 40u);
  }
  EXPECT_THAT(board_.list(), SizeIs(0));
  ASSERT_THAT(told_, SizeIs(1));
  EXPECT_EQ(told_[0].keys, 30u);
}

}  // namespace
}  // namespace vigil::engine
