#include "vigil/change_stream.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "tests/engine/engine_fixture.h"
#include "tests/vigil/told.h"

namespace vigil {
namespace {

using engine::SetRecord;
using replication::LogFacts;

constexpr Epoch kOne{1, NodeId{9}};
constexpr Epoch kTwo{2, NodeId{9}};

// What the replicator would say.
class TestFacts {
 public:
  TestFacts() { facts_.history = History({{kOne, 1}}); }
  LogFacts Get() const {
    MutexLock lock(mu_);
    return facts_;
  }
  void Change(const std::function<void(LogFacts&)>& change) {
    MutexLock lock(mu_);
    change(facts_);
  }

 private:
  mutable Mutex mu_;
  LogFacts facts_ ABSL_GUARDED_BY(mu_);
};

class ChangeStreamTest : public engine::EngineTest {
 protected:
  void SetUp() override {
    OpenInMemory();
    Begin();
  }
  void Begin() {
    engine_->OpenGate({});
    stream_ = std::make_unique<ChangeStream>(
        *engine_, [this] { return facts_.Get(); }, executor_,
        /*databases=*/16);
  }
  void TearDown() override {
    stream_.reset();
    executor_.Stop();
  }

  void Commit(uint64_t index) {
    facts_.Change([&](LogFacts& facts) { facts.commit = index; });
    stream_->Wake();
  }
  void Delete(std::string_view key) {
    EXPECT_TRUE(engine_->Delete(key, engine::kForever).ok());
  }
  Subscription Watch(const WatchOptions& options, Told& told) {
    auto watch = stream_->Watch(options, std::ref(told));
    EXPECT_TRUE(watch.ok()) << watch.status();
    return *std::move(watch);
  }

  TestFacts facts_;
  Executor executor_;
  std::unique_ptr<ChangeStream> stream_;
};

TEST_F(ChangeStreamTest, TellsWhatIsWrittenFromNowOn) {
  Set("before", "x");
  Told told;
  const Subscription watch = Watch({.uncommitted = true}, told);
  Set("a", "one");
  Delete("a");
  EXPECT_EQ(told.Lines(2), (Lines{"2 set a=one", "3 gone a"}));
  EXPECT_EQ(told.position(), (LogPosition{1, 9, 3}));
}

TEST_F(ChangeStreamTest, TellsByDefaultOnlyWhatIsCommitted) {
  Told told;
  const Subscription watch = Watch({}, told);
  Set("a", "1");
  Set("b", "2");
  Set("c", "3");
  Commit(2);
  EXPECT_EQ(told.Lines(2), (Lines{"1 set a=1", "2 set b=2"}));
  Commit(3);
  EXPECT_EQ(told.Lines(3).back(), "3 set c=3");
}

TEST_F(ChangeStreamTest, ACommitAheadOfThisLogTellsNoMoreThanThereIs) {
  Told told;
  const Subscription watch = Watch({}, told);
  Commit(2);
  Set("a", "1");
  stream_->Wake();
  EXPECT_EQ(told.Lines(1), (Lines{"1 set a=1"}));
  Set("b", "2");
  stream_->Wake();
  EXPECT_EQ(told.Lines(2).back(), "2 set b=2");
}

TEST_F(ChangeStreamTest, TellsEachWhatItAskedFor) {
  Told users;
  Told deletes;
  Told names;
  const Subscription a = Watch({.prefix = "user:", .uncommitted = true}, users);
  const Subscription b =
      Watch({.kinds = static_cast<uint32_t>(ChangeKind::kDeleted),
             .uncommitted = true},
            deletes);
  const Subscription c = Watch({.values = false, .uncommitted = true}, names);
  Set("item", "1");
  Set("user:1", "ann");
  Delete("item");
  EXPECT_EQ(users.Lines(1), (Lines{"2 set user:1=ann"}));
  EXPECT_EQ(deletes.Lines(1), (Lines{"3 gone item"}));
  EXPECT_EQ(names.Lines(3),
            (Lines{"1 set item=", "2 set user:1=", "3 gone item"}));
}

TEST_F(ChangeStreamTest, GoesOnFromAPositionAfterwards) {
  Told first;
  {
    const Subscription watch = Watch({.uncommitted = true}, first);
    Set("a", "1");
    first.Lines(1);
  }
  Set("b", "2");
  Told second;
  const Subscription watch =
      Watch({.after = first.position(), .uncommitted = true}, second);
  EXPECT_EQ(second.Lines(1), (Lines{"2 set b=2"}));
}

TEST_F(ChangeStreamTest, BeginsWithTheLogIfAsked) {
  Set("a", "1");
  Told told;
  const Subscription watch =
      Watch({.after = LogPosition{}, .uncommitted = true}, told);
  EXPECT_EQ(told.Lines(1), (Lines{"1 set a=1"}));
}

// Far more than one group, while the callback stands still: nothing is lost as long as
// the log holds it, and the groups are bounded.
TEST_F(ChangeStreamTest, ASlowSubscriberFallsBehindInTheLogAndMissesNothing) {
  options_.log_memory_bytes = 64 << 20;
  OpenInMemory();
  stream_.reset();
  Begin();
  std::promise<void> entered;
  std::promise<void> release;
  bool first = true;
  size_t largest = 0;
  Told told;
  auto watch =
      stream_->Watch({.uncommitted = true}, [&](const ChangeBatch& batch) {
        if (std::exchange(first, false)) {
          entered.set_value();
          release.get_future().wait();
        }
        size_t bytes = 0;
        for (const Change& change : batch.changes) bytes += change.value.size();
        largest = std::max(largest, bytes);
        told(batch);
      });
  Set("k", "v");
  entered.get_future().wait();
  const std::string value(1000, 'v');
  for (int i = 0; i < 3000; ++i) Set("k", value);
  release.set_value();
  EXPECT_EQ(told.Lines(3001).size(), 3001u);
  EXPECT_LE(largest, ChangeStream::kGroupBytes);
  EXPECT_GE(told.calls(),
            3000 * 1000 / static_cast<int>(ChangeStream::kGroupBytes));
}

TEST_F(ChangeStreamTest, WhoFallsOutOfTheLogIsToldTheGapAndGoesOn) {
  options_.log_memory_bytes = 1 << 20;
  stream_.reset();
  OpenInMemory();
  Begin();
  const std::string value(10'000, 'v');
  for (int i = 0; i < 500; ++i) Set("k", value);
  const uint64_t held = engine_->status().log_first_index;
  ASSERT_GT(held, 1u);
  Told told;
  const Subscription watch = Watch(
      {.after = LogPosition{}, .values = false, .uncommitted = true}, told);
  const Lines lines = told.Lines(1 + 500 - (held - 1));
  EXPECT_EQ(lines.front(), absl::StrCat("gap 1-", held - 1));
  EXPECT_EQ(lines[1], absl::StrCat(held, " set k="));
  EXPECT_EQ(lines.back(), "500 set k=");
}

TEST_F(ChangeStreamTest, WhatIsNoLongerInMemoryComesFromTheDisk) {
  stream_.reset();
  options_.log_memory_bytes = 1 << 20;
  OpenOnDisk();
  Begin();
  const std::string value(10'000, 'v');
  for (int i = 0; i < 500; ++i) Set("k", value);
  AwaitPersisted(500);
  ASSERT_GT(engine_->status().log_first_index, 1u);
  Told told;
  const Subscription watch = Watch(
      {.after = LogPosition{}, .values = false, .uncommitted = true}, told);
  EXPECT_EQ(told.Lines(500).front(), "1 set k=");
}

// A master wrote to 3 in epoch 1, and was replaced at 2: a full sync brings the log of
// epoch 2 in the place of its own.
TEST_F(ChangeStreamTest, AFullSyncThatDropsWhatWasToldIsAGap) {
  Set("a", "1");
  Set("b", "2");
  Told told;
  const Subscription watch =
      Watch({.after = LogPosition{}, .uncommitted = true}, told);
  Set("c", "dropped");
  told.Lines(3);

  facts_.Change([](LogFacts& facts) {
    facts.generation = 2;
    facts.replacing = true;
  });
  engine_->CloseGate();
  ASSERT_TRUE(engine_->BeginStaging(2).ok());
  ASSERT_TRUE(
      engine_->StageEntries(SetRecord(1, "a", "1") + SetRecord(2, "b", "2"))
          .ok());
  ASSERT_TRUE(
      engine_->StageLog(SetRecord(3, "d", "3") + SetRecord(4, "e", "4")).ok());
  ASSERT_TRUE(engine_->CommitStaging({}).ok());
  stream_->Wake();
  EXPECT_EQ(told.Lines(3).size(), 3u)
      << "nothing of the new log before its history is known";
  facts_.Change([](LogFacts& facts) {
    facts.replacing = false;
    facts.history = History({{kOne, 1}, {kTwo, 3}});
  });
  stream_->Wake();
  EXPECT_EQ(told.Lines(4).back(), "gap 3-4");
  EXPECT_EQ(told.position(), (LogPosition{2, 9, 4}));
  ASSERT_TRUE(engine_->Apply(SetRecord(5, "f", "5")).ok());
  EXPECT_EQ(told.Lines(5).back(), "5 set f=5");
}

TEST_F(ChangeStreamTest, APositionThatAFailoverDroppedIsAGap) {
  facts_.Change([](LogFacts& facts) {
    facts.history = History({{kOne, 1}, {kTwo, 2}});
  });
  Set("a", "1");
  Set("b", "2");
  Told told;
  const Subscription watch =
      Watch({.after = LogPosition{1, 9, 2}, .uncommitted = true}, told);
  EXPECT_EQ(told.Lines(1), (Lines{"gap 2-2"}));
  Set("c", "3");
  EXPECT_EQ(told.Lines(2).back(), "3 set c=3");
}

TEST_F(ChangeStreamTest, SilenceMovesThePosition) {
  Told told;
  const Subscription watch =
      Watch({.prefix = "nothing", .uncommitted = true}, told);
  for (uint64_t i = 0; i < ChangeStream::kSilentRecordsMax + 10'000; ++i) {
    Set("k", "");
  }
  told.AwaitPosition(ChangeStream::kSilentRecordsMax);
  EXPECT_TRUE(told.Lines(0).empty());
}

TEST_F(ChangeStreamTest, RefusesOptionsOutOfRange) {
  const auto code = [&](const WatchOptions& options) {
    return stream_->Watch(options, [](const ChangeBatch&) {}).status().code();
  };
  EXPECT_EQ(code({.kinds = 0}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.kinds = 32}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.database = -1}), absl::StatusCode::kInvalidArgument);
  // Nothing can be written there: who watches it has mistaken the number.
  const absl::Status above =
      stream_->Watch({.database = 16}, [](const ChangeBatch&) {}).status();
  EXPECT_EQ(above, absl::InvalidArgumentError(
                       "WatchOptions::database is 16; allowed: 0 to 15"));
  EXPECT_EQ(code({.database = 15}), absl::StatusCode::kOk);
}

TEST_F(ChangeStreamTest, CancelWaitsForTheCallThatRuns) {
  auto alive = std::make_unique<int>(0);
  std::promise<void> entered;
  bool first = true;
  auto watch = stream_->Watch({.uncommitted = true}, [&](const ChangeBatch&) {
    if (std::exchange(first, false)) entered.set_value();
    for (int i = 0; i < 1000; ++i) *alive = i;
  });
  Set("a", "1");
  Set("b", "2");
  entered.get_future().wait();
  watch->Cancel();
  alive.reset();  // a call that still ran would touch freed memory
  Set("c", "3");
}

TEST_F(ChangeStreamTest, ASubscriberMayEndItself) {
  std::promise<void> subscribed;
  std::promise<void> done;
  int calls = 0;
  Subscription watch;
  watch = *stream_->Watch({.uncommitted = true}, [&](const ChangeBatch&) {
    subscribed.get_future().wait();
    ++calls;
    watch.Cancel();
    done.set_value();
  });
  subscribed.set_value();
  Set("a", "1");
  done.get_future().wait();
  Set("b", "2");
  stream_->Stop();
  executor_.Stop();
  EXPECT_EQ(calls, 1);
}

TEST_F(ChangeStreamTest, EndsWhileACallbackRuns) {
  std::promise<void> entered;
  std::promise<void> release;
  auto watch = stream_->Watch({.uncommitted = true}, [&](const ChangeBatch&) {
    entered.set_value();
    release.get_future().wait();
  });
  Set("a", "1");
  entered.get_future().wait();
  Set("b", "2");
  stream_.reset();
  engine_.reset();  // what the call does when it ends needs neither
  release.set_value();
  executor_.Stop();
  watch->Cancel();
}

// Writers, subscribers that come and go, commits: for ThreadSanitizer.
TEST_F(ChangeStreamTest, ManyAtOnce) {
  constexpr int kWrites = 2000;
  Told committed;
  Told all;
  const Subscription a = Watch({}, committed);
  const Subscription b = Watch({.uncommitted = true}, all);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kWrites; ++i) Set("k", "v");
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 50; ++i) {
      Told briefly;
      const Subscription c = Watch({.uncommitted = i % 2 == 0}, briefly);
      Commit(engine_->last_index());
    }
  });
  for (std::thread& thread : threads) thread.join();
  Commit(2 * kWrites);
  EXPECT_EQ(all.Lines(2 * kWrites).size(), 2u * kWrites);
  EXPECT_EQ(committed.Lines(2 * kWrites), all.Lines(0));
}

}  // namespace
}  // namespace vigil
