// A note is in the record of its write, or neither is there.
#include "engine/note.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/databases.h"
#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

class NoteTest : public EngineTest {
 protected:
  void SetUp() override {
    OpenOnDisk();
    engine_->OpenGate({});
  }

  // A note of value "<text>" that is refused if it is there with that value.
  Note Once(std::string text, bool always = false) {
    return {.key = "once/1",
            .gate = engine_->gate(),
            .always = always,
            .check = [text](const KeyState& present) -> absl::Status {
              if (present.exists && present.value == text)
                return absl::AlreadyExistsError(absl::StrCat(present.version));
              return absl::OkStatus();
            },
            .value = [text](const absl::Status&,
                            absl::Span<const MutationResult>) { return text; }};
  }

  struct LogEffect {
    uint64_t index;
    std::string key;
    uint8_t database;
    friend bool operator==(const LogEffect&, const LogEffect&) = default;
  };
  std::vector<LogEffect> LogAfter(uint64_t index) {
    std::vector<LogEffect> effects;
    const auto slice = engine_->ReadLog(index + 1, 1 << 20);
    const auto records = DecodeRecords(slice->records);
    for (const EncodedRecord& each : *records) {
      ForEachEffect(each.record, [&](const RecordView& effect) {
        effects.push_back(
            {effect.index, std::string(effect.key), effect.database});
      });
    }
    return effects;
  }
  static LogEffect NoteAt(uint64_t index) {
    return {index, "once/1", kOwnDatabase};
  }

  absl::StatusOr<MutationResult> Increment(Note& note) {
    return engine_->Mutate(
        {.kind = Mutation::Kind::kIncrement, .key = "n", .delta = 1}, kAtOnce,
        &note);
  }
};

TEST_F(NoteTest, IsInTheRecordOfItsWrite) {
  Note note = Once("a");
  const uint64_t before = engine_->last_index();
  const auto done = Increment(note);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->integer, 1);
  EXPECT_EQ(done->index, note.index);
  EXPECT_EQ(LogAfter(before),
            (std::vector<LogEffect>{{note.index, "n", 0}, NoteAt(note.index)}));
}

TEST_F(NoteTest, ItsCheckEndsTheWriteAndTellsWhichRecordHasIt) {
  Note first = Once("a");
  ASSERT_TRUE(Increment(first).ok());
  Note again = Once("a");
  const auto refused = Increment(again);
  EXPECT_EQ(refused.status(),
            absl::AlreadyExistsError(absl::StrCat(first.index)));
  EXPECT_EQ(again.index, 0u);
  EXPECT_EQ(Get("n"), "1");
}

TEST_F(NoteTest,
       AtWhateverRecordAPowerCutEndsTheLogNeitherIsThereWithoutTheOther) {
  for (int synced = 0; synced < 2; ++synced) {
    const std::string text = absl::StrCat("t", synced);
    const std::string before = Get("n");
    Note note = Once(text);
    const auto done = Increment(note);
    ASSERT_TRUE(done.ok());
    if (synced != 0) {
      ASSERT_TRUE(engine_->Sync().ok());
    }
    PowerCut();
    engine_->OpenGate({});
    const bool there = Get("n") != before && Get("n") != "(none)";
    EXPECT_EQ(there, synced != 0);
    Note again = Once(text);
    EXPECT_EQ(absl::IsAlreadyExists(Increment(again).status()), there);
  }
}

TEST_F(NoteTest, WhatChangesNothingHasOneOnlyIfAsked) {
  const Mutation absent{.kind = Mutation::Kind::kDelete, .key = "none"};
  const uint64_t before = engine_->last_index();
  Note plain = Once("a");
  const auto done = engine_->Mutate(absent, kAtOnce, &plain);
  ASSERT_TRUE(done.ok());
  EXPECT_FALSE(done->applied);
  EXPECT_EQ(plain.index, 0u);
  EXPECT_EQ(engine_->last_index(), before);

  Note always = Once("a", /*always=*/true);
  const auto noted = engine_->Mutate(absent, kAtOnce, &always);
  ASSERT_TRUE(noted.ok());
  EXPECT_FALSE(noted->applied);
  EXPECT_EQ(noted->index, 0u) << "nothing was changed";
  EXPECT_EQ(LogAfter(before), std::vector<LogEffect>{NoteAt(before + 1)});
}

TEST_F(NoteTest, SoHasAnErrorOfTheMutationItself) {
  Set("n", "no number");
  Note plain = Once("a");
  EXPECT_TRUE(absl::IsInvalidArgument(Increment(plain).status()));
  EXPECT_EQ(plain.index, 0u);
  absl::Status told;
  Note always = Once("a", /*always=*/true);
  always.value = [&](const absl::Status& verdict, auto) {
    told = verdict;
    return std::string("a");
  };
  EXPECT_TRUE(absl::IsInvalidArgument(Increment(always).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(told)) << told;
  EXPECT_EQ(always.index, engine_->last_index());
  const Mutation batch[] = {{.key = "k", .value = "v"},
                            {.kind = Mutation::Kind::kCheck,
                             .key = "k2",
                             .existence = Mutation::Existence::kPresent}};
  Note aborted = Once("b", /*always=*/true);
  const uint64_t before = engine_->last_index();
  EXPECT_TRUE(
      absl::IsAborted(engine_->MutateMany(batch, kAtOnce, &aborted).status()));
  EXPECT_EQ(LogAfter(before), std::vector<LogEffect>{NoteAt(before + 1)});
  EXPECT_EQ(Get("k"), "(none)");
}

TEST_F(NoteTest, AnotherOpeningOfTheGateIsNotTheOneThatTheWriterSaw) {
  Note note = Once("a");
  engine_->CloseGate();
  engine_->OpenGate({});
  EXPECT_TRUE(absl::IsFailedPrecondition(Increment(note).status()));
  const int all[] = {0};
  EXPECT_TRUE(
      absl::IsFailedPrecondition(engine_->Flush(all, kAtOnce, &note).status()));
  Note now = Once("a");
  EXPECT_TRUE(Increment(now).ok());
}

TEST_F(NoteTest, GoesWithFlushAndSwapToo) {
  Set("k", "v");
  const int first[] = {0};
  Note flush = Once("f");
  ASSERT_TRUE(engine_->Flush(first, kAtOnce, &flush).ok());
  EXPECT_EQ(Get("k"), "(none)");
  Note swap = Once("s");
  const auto swapped = engine_->SwapDatabases(0, 1, kAtOnce, &swap);
  ASSERT_TRUE(swapped.ok());
  EXPECT_EQ(*swapped, swap.index);
  Note again = Once("s");
  EXPECT_TRUE(absl::IsAlreadyExists(
      engine_->SwapDatabases(0, 1, kAtOnce, &again).status()));
}

TEST_F(NoteTest, IsRewoundWithItsWrite) {
  Set("k", "v");
  const uint64_t common = engine_->last_index();
  Note note = Once("a");
  ASSERT_TRUE(Increment(note).ok());
  ASSERT_TRUE(engine_->Persist().ok());
  engine_->CloseGate();
  const auto keys = engine_->BeginRewind(common, 1 << 20);
  ASSERT_TRUE(keys.ok()) << keys.status();
  // A master that has neither of the two answers so.
  EXPECT_TRUE(
      engine_
          ->LookUp((*keys)[0], 1 << 20, [](const std::string&) { return true; })
          .ok());
  std::string other;
  EncodeRecord({.index = common + 1, .key = "x", .value = "y"}, other);
  ASSERT_TRUE(engine_->StageLog(other).ok());
  ASSERT_TRUE(engine_->CommitStaging({}).ok());
  engine_->OpenGate({});
  EXPECT_EQ(Get("n"), "(none)");
  Note again = Once("a");
  EXPECT_TRUE(Increment(again).ok()) << "the first one is in nobody's data";
}

TEST_F(NoteTest, ExpiresWithoutCountingAsAKey) {
  Note note = Once("a");
  note.expires_at = {clock_.Wall().ms + 1000};
  ASSERT_TRUE(Increment(note).ok());
  EXPECT_EQ(engine_->status().keys, 1u);
  clock_.Advance(absl::Seconds(2));
  engine_->DeleteExpired();
  EXPECT_EQ(engine_->status().expired_keys, 0u);
  Note again = Once("a");
  EXPECT_TRUE(Increment(again).ok());
}

TEST_F(NoteTest, TakesNoPartInMaxMemory) {
  options_.max_memory = 1 << 20;
  options_.eviction = EvictionPolicy::kNoEviction;
  OpenOnDisk();
  engine_->OpenGate({});
  const std::string value(10000, 'v');
  int keys = 0;
  while (engine_->Set(absl::StrCat(keys), value, {}, kAtOnce).ok()) ++keys;
  Note note = Once("a");
  const auto deleted = engine_->Mutate(
      {.kind = Mutation::Kind::kDelete, .key = "0"}, kAtOnce, &note);
  EXPECT_TRUE(deleted.ok()) << deleted.status();
}

}  // namespace
}  // namespace vigil::engine
