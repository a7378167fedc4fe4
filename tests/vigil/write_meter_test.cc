#include "vigil/write_meter.h"

#include <gtest/gtest.h>

namespace vigil {
namespace {

TEST(WriteMeter, CountsByReasonTogetherWithTheEngine) {
  WriteMeter meter;
  for (int i = 0; i < 2; ++i) meter.Refused(absl::FailedPreconditionError("r"));
  for (int i = 0; i < 3; ++i) meter.Refused(absl::UnavailableError("reach"));
  meter.Refused(absl::InternalError("disk"));
  meter.RefusedForReplicas();
  for (int i = 0; i < 5; ++i) meter.RefusedForBound();
  // Counted by the engine, or nobody's fault but the write's.
  meter.Refused(absl::ResourceExhaustedError("full"));
  meter.Refused(absl::InvalidArgumentError("key"));
  meter.Refused(absl::AbortedError("condition"));
  const BackPressureStatus told = meter.Read(
      {.unpersisted_bytes = 77, .refused_log_full = 8, .refused_memory = 9});
  EXPECT_EQ(told.backlog_bytes, 77u);
  EXPECT_EQ(told.refused.not_master, 2u);
  EXPECT_EQ(told.refused.quorum, 3u);
  EXPECT_EQ(told.refused.storage, 1u);
  EXPECT_EQ(told.refused.replicas, 1u);
  EXPECT_EQ(told.refused.unreplicated, 5u);
  EXPECT_EQ(told.refused.log_full, 8u);
  EXPECT_EQ(told.refused.memory, 9u);
}

TEST(WriteMeter, AddsWhatIsWaitedForHereAndInTheEngine) {
  WriteMeter meter;
  { const WaitMeter::Wait ended(meter.delays()); }
  const WaitMeter::Wait waits(meter.delays());
  const BackPressureStatus told = meter.Read(
      {.delays = {.now = 2, .ended = 10, .total = absl::Seconds(3)}});
  EXPECT_EQ(told.waiting_writes, 3u);
  EXPECT_EQ(told.delayed_writes, 11u);
  EXPECT_GT(told.delayed, absl::Seconds(3));
}

}  // namespace
}  // namespace vigil
