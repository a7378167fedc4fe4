#include "replication/feed_pace.h"

#include <gtest/gtest.h>

namespace vigil::replication {
namespace {

constexpr size_t kFew = 100;
constexpr size_t kMany = 1 << 20;

TEST(FeedPace, WhatFindsNothingOnItsWayGoesAtOnce) {
  FeedPace pace(1 << 20);
  const MonoTime now = SystemClock().Mono();
  EXPECT_FALSE(pace.Gather(kFew, now));
  pace.Sent(7, now);
  pace.Acknowledged(7);
  EXPECT_FALSE(pace.Gather(kFew, now));
}

TEST(FeedPace, WhileSomethingIsOnItsWayMoreGathers) {
  FeedPace pace(1 << 20);
  const MonoTime now = SystemClock().Mono();
  pace.Sent(7, now);
  pace.Acknowledged(6);
  EXPECT_TRUE(pace.Gather(kFew, now));
}

TEST(FeedPace, WhatIsEnoughForAMessageGoesAtOnce) {
  FeedPace pace(1 << 20);
  const MonoTime now = SystemClock().Mono();
  pace.Sent(7, now);
  EXPECT_FALSE(pace.Gather(kMany, now));
}

// Else small messages would come one a millisecond.
TEST(FeedPace, HalfOfASmallMessageIsEnough) {
  FeedPace pace(2000);
  pace.Sent(10, MonoTime{1'000'000});
  EXPECT_FALSE(pace.Gather(1000, MonoTime{1'000'000}));
}

TEST(FeedPace, AReplicaThatDoesNotAcknowledgeHoldsNothingBack) {
  FeedPace pace(1 << 20);
  const MonoTime now = SystemClock().Mono();
  pace.Sent(7, now);
  EXPECT_FALSE(pace.Gather(kFew, now + absl::Milliseconds(1)));
}

}  // namespace
}  // namespace vigil::replication
