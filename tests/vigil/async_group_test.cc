// Asynchronous writes over real replicators and engines, in one process: they mean
// what the waiting ones mean.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/replication/engine_group.h"
#include "tests/vigil/answers.h"
#include "tests/vigil/node_writers.h"
#include "vigil/node.h"

namespace vigil {
namespace {

using replication::EngineGroup;
using replication::GroupOptions;

constexpr Epoch kSecond{2, NodeId{9}};

TEST(Async, EveryOperationTellsWhatItsTwinReturns) {
  EngineGroup group;
  group.Bootstrap();
  NodeWriters a(group[0]);
  const WriteOptions quorum{.ack = Ack::kQuorum};

  Promised<SetResult> set;
  EXPECT_TRUE(a.async
                  .Set("k", "5", {.return_previous = true, .ack = Ack::kQuorum},
                       set.done())
                  .accepted());
  const auto was_set = set.Get();
  ASSERT_TRUE(was_set.ok()) << was_set.status();
  EXPECT_TRUE(was_set->applied);
  EXPECT_EQ(was_set->receipt.reached, Ack::kQuorum);
  EXPECT_EQ(was_set->receipt.index, group[0].engine->Get("k")->version);

  Promised<SetResult> again;
  EXPECT_TRUE(a.async
                  .Set("k", "6",
                       {.when = When::kIfAbsent, .return_previous = true},
                       again.done())
                  .accepted());
  const auto refused = again.Get();
  EXPECT_FALSE(refused->applied);
  EXPECT_EQ(refused->previous->data, "5");
  EXPECT_EQ(refused->receipt.reached, Ack::kMemory);

  Promised<IncrementResult> increment;
  EXPECT_TRUE(a.async.Increment("k", 3, quorum, increment.done()).accepted());
  EXPECT_EQ(increment.Get()->value, 8);
  Promised<IncrementFloatResult> real;
  EXPECT_TRUE(a.async.IncrementFloat("k", 0.5, quorum, real.done()).accepted());
  EXPECT_EQ(real.Get()->value, 8.5);
  Promised<SizeResult> append;
  EXPECT_TRUE(
      a.async.Append("k", "00", {.ack = Ack::kDisk}, append.done()).accepted());
  const auto appended = append.Get();
  EXPECT_EQ(appended->size, 5u);
  EXPECT_EQ(appended->receipt.reached, Ack::kDisk);
  Promised<SizeResult> range;
  EXPECT_TRUE(a.async.SetRange("k", 0, "9", {}, range.done()).accepted());
  EXPECT_EQ(range.Get()->size, 5u);
  Promised<ChangeResult> rename;
  EXPECT_TRUE(a.async.Rename("k", "n", {}, rename.done()).accepted());
  EXPECT_TRUE(rename.Get()->applied);
  EXPECT_EQ(group[0].engine->Get("n")->value, "9.500");
  Promised<ChangeResult> expire;
  EXPECT_TRUE(
      a.async.Expire("n", absl::Hours(1), {}, expire.done()).accepted());
  EXPECT_TRUE(expire.Get()->applied);
  Promised<ChangeResult> persist;
  EXPECT_TRUE(a.async.Persist("n", {}, persist.done()).accepted());
  EXPECT_TRUE(persist.Get()->applied);
  Promised<ChangeResult> gone;
  EXPECT_TRUE(
      a.async.ExpireAt("n", absl::InfinitePast(), {}, gone.done()).accepted());
  EXPECT_TRUE(gone.Get()->applied);
  EXPECT_FALSE(group[0].engine->Exists("n"));

  Promised<BatchResult> write;
  EXPECT_TRUE(
      a.async.Write(Batch().Set("x", "1").Set("y", "2"), quorum, write.done())
          .accepted());
  const auto written = write.Get();
  EXPECT_EQ(written->results.size(), 2u);
  Promised<Receipt> wait;
  EXPECT_TRUE(
      a.async.Wait(written->receipt, Ack::kDisk, absl::Seconds(30), wait.done())
          .accepted());
  EXPECT_EQ(wait.Get()->reached, Ack::kDisk);
  Promised<DeleteResult> one;
  EXPECT_TRUE(a.async.Delete("x", quorum, one.done()).accepted());
  EXPECT_TRUE(one.Get()->existed);
  Promised<DeleteManyResult> many;
  EXPECT_TRUE(
      a.async.DeleteMany({"x", "y", "y"}, quorum, many.done()).accepted());
  EXPECT_EQ(many.Get()->deleted, 1u);

  Promised<Receipt> swap;
  group[0].Set("z", "v");
  EXPECT_TRUE(a.async.SwapDatabases(0, 1, quorum, swap.done()).accepted());
  EXPECT_TRUE(swap.Get().ok());
  EXPECT_TRUE(group[0].engine->Exists("z", 1));
  Promised<Receipt> flush;
  EXPECT_TRUE(a.async.FlushDatabase({.database = 1}, flush.done()).accepted());
  EXPECT_TRUE(flush.Get().ok());
  Promised<Receipt> all;
  EXPECT_TRUE(a.async.FlushAll(quorum, all.done()).accepted());
  EXPECT_TRUE(all.Get().ok());
  EXPECT_EQ(group[0].engine->KeyCount(1), 0u);
}

TEST(Async, ErrorsAreToldToo) {
  EngineGroup group;
  group.Bootstrap();
  NodeWriters a(group[0]);
  NodeWriters b(group[1]);
  struct Case {
    const char* name;
    std::function<void(Async::Done<SetResult>)> call;
    absl::StatusCode code;
  };
  const Case cases[] = {
      {"no key",
       [&](auto done) {
         EXPECT_TRUE(a.async.Set("", "v", {}, done).accepted());
       },
       absl::StatusCode::kInvalidArgument},
      {"no such database",
       [&](auto done) {
         EXPECT_TRUE(a.async.Set("k", "v", {.database = 16}, done).accepted());
       },
       absl::StatusCode::kInvalidArgument},
      {"a replica",
       [&](auto done) {
         EXPECT_TRUE(b.async.Set("k", "v", {}, done).accepted());
       },
       absl::StatusCode::kFailedPrecondition},
  };
  for (const Case& c : cases) {
    Promised<SetResult> told;
    c.call(told.done());
    EXPECT_EQ(told.Get().status().code(), c.code) << c.name;
  }
  Promised<BatchResult> rejected;
  EXPECT_TRUE(
      a.async
          .Write(Batch().Set("k", "v").CheckExists("no"), {}, rejected.done())
          .accepted());
  EXPECT_TRUE(absl::IsAborted(rejected.Get().status()));
  EXPECT_FALSE(group[0].engine->Exists("k"));
  EXPECT_TRUE(
      a.async.Set("quiet", "v", {.ack = Ack::kQuorum}, nullptr).accepted());
  Promised<SetResult> last;
  EXPECT_TRUE(
      a.async.Set("k", "v", {.ack = Ack::kQuorum}, last.done()).accepted());
  EXPECT_TRUE(last.Get().ok());
  EXPECT_TRUE(group[0].engine->Exists("quiet"));
}

TEST(Async, AWriteWithoutQuorumEndsWithItsDeadlineItsCancellationOrItsEpoch) {
  GroupOptions options;
  options.replication.isolation_timeout = absl::Minutes(10);
  EngineGroup group(options);
  group.Bootstrap();
  Separate(group);
  NodeWriters a(group[0]);
  const SetOptions patient{.ack = Ack::kQuorum,
                           .timeout = absl::InfiniteDuration()};
  Promised<SetResult> late;
  EXPECT_TRUE(a.async
                  .Set("late", "v",
                       {.ack = Ack::kQuorum, .timeout = absl::Milliseconds(20)},
                       late.done())
                  .accepted());
  const absl::Status timed_out = late.Get().status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(timed_out));
  EXPECT_EQ(ReceiptOf(timed_out)->index, group[0].engine->Get("late")->version);

  Promised<SetResult> cancelled;
  const AsyncOperation operation =
      a.async.Set("cancelled", "v", patient, cancelled.done());
  const AsyncOperation copy = operation;
  copy.Cancel();
  const absl::Status ended = cancelled.Get().status();
  EXPECT_TRUE(absl::IsCancelled(ended));
  EXPECT_EQ(ReceiptOf(ended)->index, group[0].engine->Get("cancelled")->version)
      << "the write stays";
  operation.Cancel();

  Promised<SetResult> deposed;
  EXPECT_TRUE(a.async.Set("deposed", "v", patient, deposed.done()).accepted());
  group.Fence(group[0], kSecond);
  const absl::Status lost = deposed.Get().status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(lost)) << lost;
  EXPECT_TRUE(ReceiptOf(lost).has_value());
}

TEST(Async, TheEndOfTheNodeCancelsWhatWaitsAndAHandleMayOutliveIt) {
  GroupOptions options;
  options.replication.isolation_timeout = absl::Minutes(10);
  EngineGroup group(options);
  group.Bootstrap();
  Separate(group);
  Answers answers;
  AsyncOperation operation;
  {
    NodeWriters a(group[0]);
    for (int i = 0; i < 100; ++i) {
      operation = a.async.Set("k", "v",
                              {.ack = Ack::kQuorum, .timeout = absl::Hours(1)},
                              answers.For(i));
    }
  }
  ASSERT_EQ(answers.Now().size(), 100u);
  for (const auto& told : answers.Now()) {
    EXPECT_TRUE(absl::IsCancelled(told.status)) << told.status;
    EXPECT_TRUE(ReceiptOf(told.status).has_value());
  }
  operation.Cancel();
}

TEST(Async, AFullLogRefusesAtOnceAndAHangingDiskIsWaitedForByNobody) {
  GroupOptions options;
  options.members = 1;
  options.engine.log_memory_bytes = 64 << 10;
  EngineGroup group(options);
  group.Bootstrap();
  NodeWriters a(group[0]);
  group[0].disk->Hang(true);
  Answers answers;
  int calls = 0;
  // More than the log has room for: the calls return although nothing moves.
  for (; calls < 200; ++calls) {
    EXPECT_TRUE(a.async
                    .Set("k", std::string(1000, 'v'), {.ack = Ack::kDisk},
                         answers.For(calls))
                    .accepted());
  }
  EXPECT_TRUE(a.async.SwapDatabases(0, 1, {}, answers.For(calls++)).accepted());
  const auto early = answers.Await(100);
  for (const auto& told : early) {
    EXPECT_TRUE(absl::IsResourceExhausted(told.status)) << told.status;
  }
  group[0].disk->Hang(false);
  const auto told = answers.Await(static_cast<size_t>(calls));
  ASSERT_EQ(told.size(), static_cast<size_t>(calls));
  size_t applied = 0;
  for (const auto& each : told) applied += each.status.ok() ? 1 : 0;
  EXPECT_GE(applied, 60u);
  EXPECT_LE(applied, 66u);
}

// The failure of the disk is told to those who wait for it, as to the waiting twins.
TEST(Async, AFailedDiskIsTold) {
  GroupOptions options;
  options.members = 1;
  EngineGroup group(options);
  group.Bootstrap();
  NodeWriters a(group[0]);
  group[0].disk->FailSyncs(absl::InternalError("broken"));
  Promised<SetResult> set;
  EXPECT_TRUE(a.async
                  .Set("k", "v", {.ack = Ack::kDisk, .timeout = absl::Hours(1)},
                       set.done())
                  .accepted());
  const absl::Status told = set.Get().status();
  EXPECT_TRUE(absl::IsInternal(told)) << told;
  EXPECT_TRUE(ReceiptOf(told).has_value());
}

TEST(Async, WhereWritesGoOnWithoutTheDiskOnlyThoseThatWaitForItAreRefused) {
  GroupOptions options;
  options.members = 1;
  options.engine.on_storage_failure = engine::OnStorageFailure::kGoOnInMemory;
  EngineGroup group(options);
  group.Bootstrap();
  NodeWriters a(group[0], {.sync_all = true});
  group[0].disk->FailSyncs(absl::InternalError("broken"));
  const SetOptions disk{.ack = Ack::kDisk, .timeout = absl::Hours(1)};
  Promised<SetResult> set;
  EXPECT_TRUE(a.async.Set("k", "v", disk, set.done()).accepted());
  const absl::Status told = set.Get().status();
  EXPECT_TRUE(absl::IsInternal(told)) << told;
  EXPECT_TRUE(ReceiptOf(told).has_value()) << "applied before the disk failed";

  const auto refused =
      a.writer.Await(a.writer.Set("k", "no", disk, Room::kAwait));
  EXPECT_TRUE(absl::IsInternal(refused.status())) << refused.status();
  EXPECT_FALSE(ReceiptOf(refused.status()).has_value());
  EXPECT_EQ(group[0].engine->Get("k")->value, "v");
  const auto memory = a.writer.Await(a.writer.Set("k", "w", {}, Room::kAwait));
  EXPECT_TRUE(memory.ok()) << memory.status();
  EXPECT_EQ(memory->receipt.reached, Ack::kMemory);
}

// What gathers while the disk takes its time is answered in groups.
TEST(Async, ManyOutstandingWritesShareTheirWakeUps) {
  constexpr size_t kRounds = 20;
  constexpr size_t kWrites = 64;  // in each
  EngineGroup group;
  group.Bootstrap();
  NodeWriters a(group[0]);
  for (size_t round = 0; round < kRounds; ++round) {
    std::vector<Promised<SetResult>> writes(kWrites);
    group[0].disk->Hang(true);
    for (auto& write : writes)
      EXPECT_TRUE(
          a.async.Set("k", "v", {.ack = Ack::kDisk}, write.done()).accepted());
    group[0].disk->Hang(false);
    for (auto& write : writes) EXPECT_TRUE(write.Get().ok());
  }
  // One look each is what must not be.
  EXPECT_LT(a.acks->looks(), kRounds * kWrites);
}

}  // namespace
}  // namespace vigil
