#include "sentinel/tilt.h"

#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

class TiltTest : public testing::Test {
 protected:
  Tilt tilt_{absl::Milliseconds(125), absl::Milliseconds(500)};
  Topology topology_{OptionsFor("a"), At(0)};
};

TEST_F(TiltTest, ATimerThatIsALittleLateIsNoStall) {
  EXPECT_EQ(tilt_.Stall(At(10'000)), absl::ZeroDuration()) << "never armed";
  tilt_.Arm(At(100));
  EXPECT_EQ(tilt_.Stall(At(50)), absl::ZeroDuration())
      << "an event came earlier";
  EXPECT_EQ(tilt_.Stall(At(225)), absl::ZeroDuration());
  EXPECT_EQ(tilt_.Stall(At(226)), absl::Milliseconds(126));
}

TEST_F(TiltTest, EndsWhenEveryPeerAnsweredOrFailedANewPing) {
  tilt_.Begin(7, At(1000));
  topology_.Find("b")->ping.settled = 8;
  topology_.Find("c")->ping.settled = 7;  // a ping of before the stall
  EXPECT_FALSE(tilt_.TryEnd(topology_, At(1010)));
  topology_.Find("c")->ping.settled = 9;
  EXPECT_TRUE(tilt_.TryEnd(topology_, At(1020)));
  EXPECT_FALSE(tilt_.active());
  EXPECT_FALSE(tilt_.TryEnd(topology_, At(1030))) << "ends once";
}

TEST_F(TiltTest, EndsAfterDownAfterAtTheLatest) {
  tilt_.Begin(7, At(1000));
  EXPECT_EQ(tilt_.deadline(), At(1500));
  EXPECT_FALSE(tilt_.TryEnd(topology_, At(1499)));
  EXPECT_TRUE(tilt_.TryEnd(topology_, At(1500)));
}

TEST(TiltThreshold, IsAQuarterOfDownAfterWithinBounds) {
  Options options = OptionsFor("a");
  EXPECT_EQ(options.tilt_threshold(), absl::Milliseconds(125));
  options.down_after = absl::Milliseconds(50);
  EXPECT_EQ(options.tilt_threshold(), absl::Milliseconds(25));
  options.down_after = absl::Seconds(30);
  EXPECT_EQ(options.tilt_threshold(), absl::Seconds(2));
}

}  // namespace
}  // namespace vigil::sentinel
