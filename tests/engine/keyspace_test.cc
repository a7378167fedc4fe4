#include "engine/keyspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vigil::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr WallTime kNow{1000};

RecordView Set(uint64_t index, std::string_view key, std::string_view value,
               WallTime expires_at = {}) {
  return {RecordType::kSet, index, expires_at, key, value};
}
RecordView Delete(uint64_t index, std::string_view key) {
  return {RecordType::kDelete, index, {}, key, {}};
}

TEST(Keyspace, HoldsWhatWasSet) {
  Keyspace keyspace;
  EXPECT_TRUE(keyspace.Apply(Set(7, "k", "v")));
  const Entry* entry = keyspace.Find("k", kNow);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->value, "v");
  EXPECT_EQ(entry->version, 7u);
  EXPECT_EQ(keyspace.Find("other", kNow), nullptr);
}

TEST(Keyspace, SkipsARecordThatIsNotAboveTheEntrysVersion) {
  Keyspace keyspace;
  keyspace.Apply(Set(7, "k", "new"));
  EXPECT_FALSE(keyspace.Apply(Set(7, "k", "again")));
  EXPECT_FALSE(keyspace.Apply(Set(6, "k", "old")));
  EXPECT_FALSE(keyspace.Apply(Delete(6, "k")));
  EXPECT_EQ(keyspace.Find("k", kNow)->value, "new");
}

TEST(Keyspace, MarkersChangeNothing) {
  Keyspace keyspace(/*track_changes=*/true);
  EXPECT_FALSE(keyspace.Apply({RecordType::kEpoch, 1, {}, {}, "epoch"}));
  EXPECT_FALSE(keyspace.Apply({RecordType::kConfiguration, 2, {}, {}, "c"}));
  EXPECT_EQ(keyspace.size(), 0u);
  EXPECT_THAT(keyspace.TakeChanged(), IsEmpty());
}

TEST(Keyspace, HidesAnExpiredEntryButKeepsIt) {
  Keyspace keyspace;
  keyspace.Apply(Set(1, "k", "v", {1000}));
  EXPECT_NE(keyspace.Find("k", {999}), nullptr);
  EXPECT_EQ(keyspace.Find("k", {1000}), nullptr);
  EXPECT_NE(keyspace.FindStored("k"), nullptr);
  EXPECT_EQ(keyspace.size(), 1u);
}

TEST(Keyspace, CollectsExpiredKeysSoonestFirst) {
  Keyspace keyspace;
  keyspace.Apply(Set(1, "late", "v", {900}));
  keyspace.Apply(Set(2, "soon", "v", {100}));
  keyspace.Apply(Set(3, "future", "v", {1001}));
  keyspace.Apply(Set(4, "for ever", "v"));
  EXPECT_THAT(keyspace.CollectExpired(kNow, 10), ElementsAre("soon", "late"));
  EXPECT_THAT(keyspace.CollectExpired(kNow, 1), ElementsAre("soon"));
}

TEST(Keyspace, ExpiryFollowsTheLatestRecord) {
  Keyspace keyspace;
  keyspace.Apply(Set(1, "persisted", "v", {100}));
  keyspace.Apply(Set(2, "persisted", "v"));
  keyspace.Apply(Set(3, "prolonged", "v", {100}));
  keyspace.Apply(Set(4, "prolonged", "v", {2000}));
  keyspace.Apply(Set(5, "gone", "v", {100}));
  keyspace.Apply(Delete(6, "gone"));
  EXPECT_THAT(keyspace.CollectExpired(kNow, 10), IsEmpty());
  EXPECT_THAT(keyspace.CollectExpired({2000}, 10), ElementsAre("prolonged"));
}

TEST(Keyspace, MarksWhatChangedOnceUntilItIsTaken) {
  Keyspace keyspace(/*track_changes=*/true);
  keyspace.Apply(Set(1, "a", "1"));
  keyspace.Apply(Set(2, "a", "2"));
  keyspace.Apply(Set(3, "b", "1"));
  keyspace.Apply(Delete(4, "b"));
  EXPECT_THAT(keyspace.TakeChanged(), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(keyspace.TakeChanged(), IsEmpty());
  keyspace.Apply(Set(5, "a", "3"));
  EXPECT_THAT(keyspace.TakeChanged(), UnorderedElementsAre("a"));
}

TEST(Keyspace, AKeyWhoseWriteFailedIsMarkedAgain) {
  Keyspace keyspace(/*track_changes=*/true);
  keyspace.Apply(Set(1, "a", "1"));
  keyspace.TakeChanged();
  keyspace.MarkChanged("a");
  keyspace.MarkChanged("deleted meanwhile");
  EXPECT_THAT(keyspace.TakeChanged(),
              UnorderedElementsAre("a", "deleted meanwhile"));
}

TEST(Keyspace, LoadingAStateMarksNothing) {
  Keyspace keyspace(/*track_changes=*/true);
  keyspace.Load(Set(9, "a", "1", {500}));
  EXPECT_THAT(keyspace.TakeChanged(), IsEmpty());
  EXPECT_THAT(keyspace.CollectExpired(kNow, 10), ElementsAre("a"));
  EXPECT_FALSE(keyspace.Apply(Set(9, "a", "replayed")));
}

TEST(Keyspace, WithoutTrackingNothingIsMarked) {
  Keyspace keyspace;
  keyspace.Apply(Set(1, "a", "1"));
  EXPECT_THAT(keyspace.TakeChanged(), IsEmpty());
}

}  // namespace
}  // namespace vigil::engine
