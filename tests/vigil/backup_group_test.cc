// Backups on a disk that hangs: nobody waits longer than it said, and each is told.
#include <gtest/gtest.h>

#include <future>
#include <stop_token>
#include <thread>

#include "tests/replication/engine_group.h"
#include "tests/vigil/answers.h"
#include "tests/vigil/node_writers.h"

namespace vigil {
namespace {

using replication::EngineGroup;

// One node whose disk hangs from the beginning of the test to its end.
class HangingBackup : public testing::Test {
 protected:
  void SetUp() override {
    group_.Bootstrap();
    group_[0].disk->Hang(true);
  }
  // The disk answers before what uses it is destroyed.
  void TearDown() override { group_[0].disk->Hang(false); }

  EngineGroup group_{[] {
    replication::GroupOptions options;
    options.members = 1;
    return options;
  }()};
};

// In the disk, where nothing can interrupt it.
TEST_F(HangingBackup,
       EndsAtItsDeadlineAndHoldsTheNextOneOffUntilTheDiskAnswers) {
  NodeWriters a(group_[0]);
  const absl::Status late =
      a.backups.MakeNow("/unused", Limit::In(absl::Milliseconds(20)));
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;
  EXPECT_TRUE(absl::IsUnavailable(a.backups.MakeNow("/unused", {})));
  group_[0].disk->Hang(false);
  while (absl::IsUnavailable(a.backups.MakeNow("/unused", {})))
    std::this_thread::yield();
}

// Before that it waits until the log is written.
TEST_F(HangingBackup, EndsAtItsDeadlineWhileTheLogIsNotWritten) {
  NodeWriters a(group_[0]);
  group_[0].Set("k", "v");
  const absl::Status late =
      a.backups.MakeNow("/unused", Limit::In(absl::Milliseconds(20)));
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;
  std::stop_source stop;
  std::thread other([&] { stop.request_stop(); });
  absl::Status cancelled;
  do {
    cancelled = a.backups.MakeNow("/unused", {.stop = stop.get_token()});
  } while (absl::IsUnavailable(cancelled));
  EXPECT_TRUE(absl::IsCancelled(cancelled)) << cancelled;
  other.join();
  group_[0].disk->Hang(false);
}

TEST_F(HangingBackup, OneAfterTheOtherNeverMeet) {
  NodeWriters a(group_[0]);
  group_[0].disk->Hang(false);
  for (int i = 0; i < 1000; ++i)
    EXPECT_FALSE(absl::IsUnavailable(a.backups.MakeNow("/unused", {})));
}

TEST_F(HangingBackup, IsCancelledByItsTokenAndByItsHandle) {
  NodeWriters a(group_[0]);
  std::stop_source stop;
  std::thread other([&] { stop.request_stop(); });
  EXPECT_TRUE(absl::IsCancelled(
      a.backups.MakeNow("/unused", {.stop = stop.get_token()})));
  other.join();
  group_[0].disk->Hang(false);
  while (absl::IsUnavailable(a.backups.MakeNow("/unused", {})))
    std::this_thread::yield();
  group_[0].disk->Hang(true);

  std::promise<absl::Status> told;
  const AsyncOperation operation = a.async.Backup(
      "/unused", {}, [&](const absl::Status& s) { told.set_value(s); });
  ASSERT_TRUE(operation.accepted());
  operation.Cancel();
  EXPECT_TRUE(absl::IsCancelled(told.get_future().get()));
  operation.Cancel();
  group_[0].disk->Hang(false);
}

TEST_F(HangingBackup, TheTwinTellsDeadlinesAndRefusalsOnTheCallbackThread) {
  NodeWriters a(group_[0]);
  std::promise<absl::Status> late;
  std::promise<absl::Status> second;
  EXPECT_TRUE(a.async
                  .Backup("/unused", {.timeout = absl::Milliseconds(20)},
                          [&](const absl::Status& s) { late.set_value(s); })
                  .accepted());
  EXPECT_TRUE(a.async
                  .Backup("/unused", {},
                          [&](const absl::Status& s) { second.set_value(s); })
                  .accepted());
  EXPECT_TRUE(absl::IsUnavailable(second.get_future().get()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.get_future().get()));
  group_[0].disk->Hang(false);
}

TEST_F(HangingBackup, TheEndOfTheNodeTellsWhoWaitsWithoutWaitingForTheDisk) {
  NodeWriters a(group_[0]);
  std::atomic<int> told{0};
  EXPECT_TRUE(a.async
                  .Backup("/unused", {},
                          [&](const absl::Status& s) {
                            EXPECT_TRUE(absl::IsCancelled(s)) << s;
                            ++told;
                          })
                  .accepted());
  a.backups.Stop();
  a.acks->Stop();
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(absl::IsCancelled(a.backups.MakeNow("/unused", {})));
  EXPECT_FALSE(a.async.Backup("/unused", {}, nullptr).accepted());
  group_[0].disk->Hang(false);
}

}  // namespace
}  // namespace vigil
