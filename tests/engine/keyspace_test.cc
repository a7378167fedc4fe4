#include "engine/keyspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/hash.h"
#include "engine/page_pool.h"

namespace vigil::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr WallTime kNow{1000};

RecordView Set(uint64_t index, std::string_view key, std::string_view value,
               WallTime expires_at = {}, uint8_t database = 0) {
  return {RecordType::kSet, index, expires_at, key, value, database};
}
RecordView Delete(uint64_t index, std::string_view key) {
  return {RecordType::kDelete, index, {}, key, {}};
}

// A shard, without the hashes.
class KeyspaceTest : public ::testing::Test {
 protected:
  bool Apply(const RecordView& r) {
    return keyspace_.Apply(HashKey(r.database, r.key, 0), r);
  }
  void Load(const RecordView& r) {
    keyspace_.Load(HashKey(r.database, r.key, 0), r);
  }
  const Cell* Find(std::string_view key, WallTime now = kNow,
                   uint8_t database = 0) const {
    return keyspace_.Find(HashKey(database, key, 0), database, key, now);
  }
  const Cell* FindStored(std::string_view key) const {
    return keyspace_.FindStored(HashKey(0, key, 0), 0, key);
  }
  std::string Value(std::string_view key, uint8_t database = 0) const {
    const Cell* cell = Find(key, kNow, database);
    return cell == nullptr ? "(none)" : std::string(cell->value());
  }
  std::set<std::string> TakeDirty() {
    std::set<std::string> keys;
    for (uint64_t at = 0; at < Table::kPositionEnd;) {
      keyspace_.VisitDirty(at,
                           [&](const Cell& cell) { keys.emplace(cell.key()); });
    }
    return keys;
  }
  std::vector<std::string> TakeGone() {
    std::vector<std::string> keys;
    for (const auto& gone : keyspace_.TakeGone()) keys.push_back(gone.key);
    return keys;
  }
  // Deletes what is due at `now`, `max` at a time.
  std::set<std::string> Expire(WallTime now, size_t max = 3) {
    std::set<std::string> keys;
    for (uint64_t at = 0; at < Table::kPositionEnd;) {
      keyspace_.VisitExpired(at, now, max, [&](const Cell& cell) {
        keys.emplace(cell.key());
        return Apply(Delete(10'000, std::string(cell.key())));
      });
    }
    return keys;
  }
  size_t keys(uint8_t database = 0) const {
    return keyspace_.databases().at(database).keys;
  }

  PagePool pool_;
  Keyspace keyspace_{{.track_changes = true}, pool_};
};

TEST_F(KeyspaceTest, HoldsWhatWasSet) {
  EXPECT_TRUE(Apply(Set(7, "k", "v")));
  const Cell* cell = Find("k");
  ASSERT_NE(cell, nullptr);
  EXPECT_EQ(cell->value(), "v");
  EXPECT_EQ(cell->version(), 7u);
  EXPECT_EQ(Find("other"), nullptr);
}

TEST_F(KeyspaceTest, SkipsARecordThatIsNotAboveTheEntrysVersion) {
  Apply(Set(7, "k", "new"));
  EXPECT_FALSE(Apply(Set(7, "k", "again")));
  EXPECT_FALSE(Apply(Set(6, "k", "old")));
  EXPECT_FALSE(Apply(Delete(6, "k")));
  EXPECT_EQ(Value("k"), "new");
}

TEST_F(KeyspaceTest, MarkersChangeNothing) {
  EXPECT_FALSE(Apply({RecordType::kEpoch, 1, {}, {}, "epoch"}));
  EXPECT_FALSE(Apply({RecordType::kConfiguration, 2, {}, {}, "c"}));
  EXPECT_EQ(keyspace_.cells(), 0u);
  EXPECT_THAT(TakeDirty(), IsEmpty());
}

TEST_F(KeyspaceTest, AValueOfAnyOtherSizeTakesItsPlace) {
  uint64_t index = 0;
  for (const size_t bytes : {1, 100, 99, 3000, 3000, 70'000, 200'000, 5, 0}) {
    const std::string value(bytes, 'v');
    Apply(Set(++index, "k", value));
    EXPECT_EQ(Value("k"), value);
    Apply(Set(++index, "k", value, {5000}));
    EXPECT_EQ(Find("k")->expires_at(), WallTime{5000});
    EXPECT_EQ(Value("k"), value);
  }
  EXPECT_EQ(keyspace_.cells(), 1u);
}

TEST_F(KeyspaceTest, WhatIsDeletedLeavesNoBytes) {
  const size_t empty = keyspace_.bytes().cells;
  for (uint64_t i = 1; i <= 100; ++i)
    Apply(Set(i, "k" + std::to_string(i), std::string(i * 100, 'v')));
  for (uint64_t i = 1; i <= 100; ++i)
    Apply(Delete(1000 + i, "k" + std::to_string(i)));
  EXPECT_EQ(keyspace_.bytes().cells, empty);
  EXPECT_EQ(keys(), 0u);
}

TEST_F(KeyspaceTest, HidesAnExpiredEntryButKeepsIt) {
  Apply(Set(1, "k", "v", {1000}));
  EXPECT_NE(Find("k", {999}), nullptr);
  EXPECT_EQ(Find("k", {1000}), nullptr);
  EXPECT_NE(FindStored("k"), nullptr);
  EXPECT_EQ(keys(), 1u);
}

TEST_F(KeyspaceTest, ExpiresAllThatIsDueAFewAtATime) {
  for (uint64_t i = 0; i < 10; ++i)
    Apply(Set(i + 1, "k" + std::to_string(i), "v", {int64_t(i) * 100 + 1}));
  Apply(Set(11, "for ever", "v"));
  EXPECT_THAT(Expire({301}), UnorderedElementsAre("k0", "k1", "k2", "k3"));
  EXPECT_THAT(Expire({301}), IsEmpty());
  EXPECT_EQ(Expire({100'000}).size(), 6u);
  EXPECT_EQ(keys(), 1u);
}

TEST_F(KeyspaceTest, WhatCouldNotBeDeletedIsStillDue) {
  Apply(Set(1, "k", "v", {100}));
  uint64_t at = 0;
  keyspace_.VisitExpired(at, kNow, 10, [](const Cell&) { return false; });
  EXPECT_EQ(at, 0u) << "the visit stays where it is";
  EXPECT_THAT(Expire(kNow), ElementsAre("k"));
}

TEST_F(KeyspaceTest, ExpiryFollowsTheLatestRecord) {
  Apply(Set(1, "persisted", "v", {100}));
  Apply(Set(2, "persisted", "v"));
  Apply(Set(3, "prolonged", "v", {100}));
  Apply(Set(4, "prolonged", "v", {2000}));
  Apply(Set(5, "gone", "v", {100}));
  Apply(Delete(6, "gone"));
  EXPECT_THAT(Expire(kNow), IsEmpty());
  EXPECT_THAT(Expire({2000}), ElementsAre("prolonged"));
}

// --- What the disk does not have

TEST_F(KeyspaceTest, WhatChangedIsDirtyUntilItIsVisited) {
  Apply(Set(1, "a", "1"));
  Apply(Set(2, "a", "2"));
  Apply(Set(3, "b", "1"));
  EXPECT_THAT(TakeDirty(), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(TakeDirty(), IsEmpty());
  Apply(Set(5, "a", "of another size"));
  EXPECT_THAT(TakeDirty(), ElementsAre("a"));
}

TEST_F(KeyspaceTest, OnlyAKeyThatIsOnDiskHasToGoFromThere) {
  Apply(Set(1, "short-lived", "v"));
  Apply(Delete(2, "short-lived"));
  Apply(Set(3, "k", "v"));
  TakeDirty();
  EXPECT_THAT(TakeGone(), IsEmpty());
  Apply(Delete(4, "k"));
  EXPECT_THAT(TakeGone(), ElementsAre("k"));
  EXPECT_THAT(TakeGone(), IsEmpty());
}

TEST_F(KeyspaceTest, LoadingAStateMarksNothing) {
  Load(Set(9, "a", "1", {500}));
  EXPECT_THAT(TakeDirty(), IsEmpty());
  EXPECT_FALSE(Apply(Set(9, "a", "replayed")));
  EXPECT_THAT(Expire(kNow), ElementsAre("a"));
  EXPECT_THAT(TakeGone(), ElementsAre("a")) << "its row is on disk";
}

// As in a full sync: the walk brings an entry that a record has overtaken already.
TEST_F(KeyspaceTest, TheRowOfALoadedEntryThatIsTooOldHasToGoWithItsKey) {
  Apply(Set(9, "a", "new"));
  Load(Set(5, "a", "old"));
  EXPECT_EQ(Value("a"), "new");
  Apply(Delete(10, "a"));
  EXPECT_THAT(TakeGone(), ElementsAre("a"));
}

TEST_F(KeyspaceTest, WithoutTrackingNothingIsMarked) {
  Keyspace untracked({}, pool_);
  untracked.Apply(HashKey(0, "a", 0), Set(1, "a", "1"));
  uint64_t at = 0;
  untracked.VisitDirty(at, [](const Cell&) { FAIL(); });
  untracked.Apply(HashKey(0, "a", 0), Delete(2, "a"));
  EXPECT_TRUE(untracked.TakeGone().empty());
}

// --- Databases

TEST_F(KeyspaceTest, TheSameKeyInTwoDatabasesIsTwoKeys) {
  Apply(Set(1, "k", "zero"));
  Apply(Set(2, "k", "three", {}, 3));
  EXPECT_EQ(Value("k"), "zero");
  EXPECT_EQ(Value("k", 3), "three");
  EXPECT_EQ(keys(0), 1u);
  EXPECT_EQ(keys(3), 1u);
}

TEST_F(KeyspaceTest, AFlushHidesWhatIsOlderAtOnceAndErasesItLater) {
  Apply(Set(1, "old", "v", {5000}));
  Apply(Set(2, "elsewhere", "v", {}, 1));
  keyspace_.Flush(0, 3);
  Apply(Set(4, "new", "v"));
  EXPECT_EQ(Value("old"), "(none)");
  EXPECT_EQ(FindStored("old"), nullptr);
  EXPECT_EQ(Value("elsewhere", 1), "v");
  EXPECT_EQ(keys(), 1u);
  EXPECT_EQ(keyspace_.flushed_cells(), 1u);
  while (keyspace_.flushed_cells() > 0) keyspace_.EraseSomeFlushed();
  EXPECT_EQ(keyspace_.flushed_cells(), 0u);
  EXPECT_EQ(keyspace_.cells(), 2u);
}

TEST_F(KeyspaceTest, AFlushedKeyThatIsSetAgainCountsOnce) {
  Apply(Set(1, "k", "v", {5000}));
  keyspace_.Flush(0, 2);
  Apply(Set(3, "k", "again"));
  EXPECT_EQ(Value("k"), "again");
  EXPECT_EQ(keys(), 1u);
  EXPECT_EQ(keyspace_.databases()[0].expiring, 0u);
  EXPECT_EQ(keyspace_.flushed_cells(), 0u);
}

TEST_F(KeyspaceTest, AFlushThatIsReplayedSparesWhatIsNewer) {
  Load(Set(1, "old", "v"));
  Load(Set(9, "new", "v"));
  keyspace_.Flush(0, 5);
  EXPECT_EQ(Value("new"), "v");
  EXPECT_EQ(Value("old"), "(none)");
  EXPECT_EQ(keys(), 1u);
  EXPECT_FALSE(Apply(Set(3, "replayed", "v"))) << "the flush came after it";
  EXPECT_EQ(Value("replayed"), "(none)");
}

TEST_F(KeyspaceTest,
       ARowOlderThanTheFlushGoesFromDiskInWhicheverOrderTheyLoad) {
  Load(Set(1, "before", "v"));
  keyspace_.Flush(0, 5);
  Load(Set(2, "after", "v"));
  while (keyspace_.flushed_cells() > 0) keyspace_.EraseSomeFlushed();
  EXPECT_THAT(TakeGone(), UnorderedElementsAre("before", "after"));
}

// --- Many keys

TEST_F(KeyspaceTest, AWalkSeesWhatIsThereTheWholeTimeWhateverElseHappens) {
  for (uint64_t i = 1; i <= 5000; ++i)
    Apply(Set(i, "stays" + std::to_string(i), "v"));
  std::set<std::string> seen;
  uint64_t index = 5000;
  for (uint64_t at = 0; at < Table::kPositionEnd;) {
    keyspace_.VisitSome(at, [&](const Cell& c) { seen.emplace(c.key()); });
    // Segments split, and are rebuilt, while the walk is between them.
    for (int i = 0; i < 500; ++i) {
      ++index;
      Apply(Set(index, "new" + std::to_string(index), "v"));
    }
  }
  size_t stayed = 0;
  for (const std::string& key : seen) stayed += key.starts_with("stays");
  EXPECT_EQ(stayed, 5000u);
}

TEST_F(KeyspaceTest, CompactionGivesPagesBackAndLosesNothing) {
  // Cells of one size: each size keeps a page that is not full.
  const auto key = [](uint64_t i) { return std::to_string(100'000 + i); };
  for (uint64_t i = 1; i <= 20'000; ++i)
    Apply(Set(i, key(i), std::string(100, 'v')));
  for (uint64_t i = 1; i <= 20'000; ++i)
    if (i % 20 != 0) Apply(Delete(50'000 + i, key(i)));
  const KeyspaceBytes before = keyspace_.bytes();
  keyspace_.BeginCompaction();
  for (uint64_t at = 0; at < Table::kPositionEnd;) keyspace_.Compact(at);
  const KeyspaceBytes after = keyspace_.bytes();
  EXPECT_LT(after.pages, before.pages / 5);
  EXPECT_LT(after.table, before.table / 4);
  EXPECT_EQ(after.cells, before.cells);
  for (uint64_t i = 20; i <= 20'000; i += 20) {
    ASSERT_EQ(Value(key(i)), std::string(100, 'v')) << i;
  }
  EXPECT_EQ(keys(), 1000u);
}

TEST_F(KeyspaceTest, APinnedValueOutlivesItsKey) {
  const std::string value(10'000, 'v');
  Apply(Set(1, "k", value));
  CellPin pin(*Find("k"));
  Apply(Set(2, "k", std::string(10'000, 'w')));
  EXPECT_EQ(pin.get()->value(), value);
  Apply(Delete(3, "k"));
  EXPECT_EQ(pin.get()->value(), value);
}

}  // namespace
}  // namespace vigil::engine
