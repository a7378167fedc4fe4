// How fresh reads are, in a group of real replicators and engines in one process.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/vigil/node_writers.h"
#include "vigil/fresh_reader.h"

namespace vigil {
namespace {

using replication::EngineGroup;

constexpr absl::Duration kLong = absl::Seconds(30);
constexpr Receipt kNever{.epoch = 1, .index = 1'000'000};

// A group of three, "a" master of epoch 1, and a reader on each.
class FreshReads : public testing::Test {
 protected:
  struct Reader {
    explicit Reader(EngineGroup::Node& of)
        : node(of), reader(*of.engine, *of.replicator, executor, clock) {}
    ~Reader() {
      reader.Stop();
      node.replicator->Stop();
    }
    // The value of "k"; "" if there is none.
    absl::StatusOr<std::string> Get(const Freshness& freshness,
                                    absl::Duration timeout = kLong) {
      std::string value;
      const auto point = reader.Read(
          freshness,
          [&] {
            const auto entry = node.engine->Get("k");
            value = entry ? entry->value : "";
          },
          timeout);
      if (!point.ok()) return point.status();
      seen = *point;
      return value;
    }

    EngineGroup::Node& node;
    const SystemClock clock;
    Executor executor;
    FreshReader reader;
    ReadPoint seen;  // by the last Get
  };

  explicit FreshReads(absl::Duration isolation_timeout = absl::Minutes(10))
      : group_(With(isolation_timeout)) {
    group_.Bootstrap();
    EXPECT_TRUE(group_.AreLevel(a_.node, b_.node));
    EXPECT_TRUE(group_.AreLevel(a_.node, c_.node));
  }
  static replication::GroupOptions With(absl::Duration isolation_timeout) {
    replication::GroupOptions options;
    options.replication.isolation_timeout = isolation_timeout;
    return options;
  }

  Receipt Set(EngineGroup::Node& node, const std::string& value) {
    const Epoch epoch = node.replicator->master_epoch();
    return {.epoch = epoch.number, .index = node.Set("k", value)};
  }
  // "a" is cut off, and "b" is master of epoch 2, "c" its replica.
  void FailOver() {
    Separate(group_);
    const Epoch epoch{2, NodeId{7}};
    const auto fenced = group_.Fence(b_.node, epoch);
    group_.Fence(c_.node, epoch);
    ASSERT_TRUE(group_.Promote(b_.node, epoch, fenced));
    group_.Follow(c_.node, b_.node, epoch);
  }

  EngineGroup group_;
  Reader a_{group_[0]};
  Reader b_{group_[1]};
  Reader c_{group_[2]};
};

TEST_F(FreshReads, ALinearizableReadSeesEveryAcknowledgedWriteOnEveryNode) {
  for (int i = 0; i < 200; ++i) {
    const std::string value = std::to_string(i);
    const Receipt receipt = Set(a_.node, value);
    for (Reader* reader : {&b_, &c_, &a_}) {
      const auto read = reader->Get(Freshness::Linearizable());
      ASSERT_TRUE(read.ok()) << reader->node.name << ": " << read.status();
      EXPECT_EQ(*read, value) << reader->node.name;
      EXPECT_EQ(reader->seen.epoch, receipt.epoch);
      EXPECT_GE(reader->seen.index, receipt.index);
      EXPECT_LT(reader->seen.age, kLong);
    }
  }
}

TEST_F(FreshReads, WhatALinearizableReadSawIsCommittedBeforeItIsAnswered) {
  // After the master was confirmed, and before this is read, the replicas stand still.
  const auto read = [&] {
    for (const char* replica : {"b:1", "c:1"})
      group_.network().Freeze(replica, true);
    Set(a_.node, "not yet");
  };
  EXPECT_EQ(
      a_.reader.Read(Freshness::Linearizable(), read, absl::Milliseconds(100))
          .status()
          .code(),
      absl::StatusCode::kDeadlineExceeded);
  for (const char* replica : {"b:1", "c:1"})
    group_.network().Freeze(replica, false);
  EXPECT_EQ(a_.Get(Freshness::Linearizable()).value(), "not yet");
}

class FreshReadsOfTheIsolated : public FreshReads {
 protected:
  FreshReadsOfTheIsolated() : FreshReads(absl::Milliseconds(500)) {}
};

TEST_F(FreshReadsOfTheIsolated,
       AMasterThatWasReplacedAnswersNoLinearizableRead) {
  Set(a_.node, "old");
  FailOver();
  Set(b_.node, "new");
  EXPECT_EQ(a_.Get(Freshness::Linearizable()).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(a_.Get(Freshness::Local()).value(), "old") << "but it can be read";
  EXPECT_EQ(c_.Get(Freshness::Linearizable()).value(), "new");
}

TEST_F(FreshReads, ALinearizableReadWaitsForTheNextMaster) {
  Set(a_.node, "v");
  ASSERT_TRUE(group_.AreLevel(a_.node, b_.node));
  ASSERT_TRUE(group_.AreLevel(a_.node, c_.node));
  Separate(group_);
  std::thread failover([&] { FailOver(); });
  EXPECT_EQ(c_.Get(Freshness::Linearizable()).value(), "v");
  EXPECT_EQ(c_.seen.epoch, 2u);
  failover.join();
}

TEST_F(FreshReads, AnAgeIsKnownOnceTheMasterWasAsked) {
  Set(a_.node, "v");
  ASSERT_TRUE(group_.AreLevel(a_.node, b_.node));
  ASSERT_TRUE(b_.Get(Freshness::Local()).ok());
  EXPECT_EQ(b_.seen.age, absl::InfiniteDuration());
  EXPECT_EQ(b_.Get(Freshness::MaxStaleness(absl::Hours(1))).value(), "v");
  EXPECT_LT(b_.seen.age, absl::Hours(1));
  Separate(group_);
  // It need not ask again, and cannot.
  EXPECT_TRUE(b_.Get(Freshness::MaxStaleness(absl::Hours(1))).ok());
  EXPECT_EQ(b_.Get(Freshness::MaxStaleness(absl::ZeroDuration()),
                   absl::Milliseconds(50))
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(FreshReads, AReceiptIsWaitedForOnAnyNode) {
  group_.network().Freeze("b:1", true);
  const Receipt receipt = Set(a_.node, "v");
  EXPECT_EQ(b_.Get(Freshness::AtLeast(receipt), absl::Milliseconds(20))
                .status()
                .code(),
            absl::StatusCode::kDeadlineExceeded);
  group_.network().Freeze("b:1", false);
  EXPECT_EQ(b_.Get(Freshness::AtLeast(receipt)).value(), "v");
  EXPECT_EQ(c_.Get(Freshness::AtLeast(b_.seen)).value(), "v");
  EXPECT_GE(c_.seen.index, b_.seen.index) << "time does not run backwards";
}

TEST_F(FreshReads, AReceiptThatAFailoverLostIsSaidToBeLost) {
  Separate(group_);
  const Receipt lost = Set(a_.node, "alone");
  FailOver();
  EXPECT_EQ(b_.Get(Freshness::AtLeast(lost)).status().code(),
            absl::StatusCode::kAborted);
}

TEST_F(FreshReads, WithoutAThreadThatWaits) {
  Set(a_.node, "v");
  ASSERT_TRUE(group_.AreLevel(a_.node, b_.node));
  for (const Freshness& freshness :
       {Freshness::Local(), Freshness::MaxStaleness(absl::ZeroDuration()),
        Freshness::Linearizable()}) {
    std::string value;
    Promised<ReadPoint> told;
    b_.reader.Begin(
        freshness, [&] { value = b_.node.engine->Get("k")->value; }, kLong,
        told.done());
    EXPECT_TRUE(told.Get().ok());
    EXPECT_EQ(value, "v");
  }
}

TEST_F(FreshReads, WhoIsCancelledIsToldOnce) {
  std::atomic<bool> read{false};
  Promised<ReadPoint> told;
  const uint64_t number = b_.reader.Begin(
      Freshness::AtLeast(kNever), [&] { read = true; }, kLong, told.done());
  b_.reader.Cancel(number);
  EXPECT_EQ(told.Get().status().code(), absl::StatusCode::kCancelled);
  b_.reader.Cancel(number);
  EXPECT_FALSE(read);
}

TEST_F(FreshReads, WhoWaitsIsToldWhenTheNodeCloses) {
  Promised<ReadPoint> told;
  b_.reader.Begin(
      Freshness::AtLeast(kNever), [] {}, kLong, told.done());
  std::thread closing([&] { b_.reader.Stop(); });
  EXPECT_EQ(b_.Get(Freshness::AtLeast(kNever)).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(told.Get().status().code(), absl::StatusCode::kCancelled);
  closing.join();
  EXPECT_EQ(b_.Get(Freshness::Local()).status().code(),
            absl::StatusCode::kCancelled)
      << "none begins any more";
}

}  // namespace
}  // namespace vigil
