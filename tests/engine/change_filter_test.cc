#include "engine/change_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/databases.h"
#include "engine/record.h"
#include "tests/engine/records.h"

namespace vigil::engine {
namespace {

// One of everything, from record 10 on.
LogSlice OneOfEach() {
  std::string batch;
  AppendEffect({.key = "user:2", .value = "two", .database = 1}, batch);
  AppendEffect({.type = RecordType::kDelete, .key = "user:1"}, batch);
  AppendEffect({.key = "internal", .value = "x", .database = 255}, batch);
  // As the engine itself writes it.
  const std::string flush_3 = FlushKey(3);
  const std::string flush_255 = FlushKey(255);
  const std::vector<RecordView> records = {
      {.type = RecordType::kEpoch, .value = "epoch"},
      {.expires_at = {77}, .key = "user:1", .value = "one"},
      {.type = RecordType::kBatch, .value = batch},
      {.type = RecordType::kDelete, .key = "item", .cause = Cause::kExpired},
      {.type = RecordType::kDelete,
       .key = "user:2",
       .database = 1,
       .cause = Cause::kEvicted},
      {.key = flush_3, .database = 255},
      {.key = flush_255, .value = "no such database", .database = 255},
      {.key = "flush/", .value = "no number", .database = 255},
      {.type = RecordType::kDelete, .key = flush_3, .database = 255},
      {.key = "flush/3", .value = "an application's key"},
  };
  LogSlice slice{.first = 10, .last = 9 + records.size()};
  uint64_t index = slice.first;
  for (RecordView record : records) {
    record.index = index++;
    slice.records += Encoded(record);
  }
  return slice;
}

std::vector<std::string> Filtered(const ChangeFilter& filter,
                                  uint64_t upto = UINT64_MAX) {
  const LogSlice slice = OneOfEach();
  DatabaseNumbers numbers;
  const auto changes = FilterChanges(slice, upto, filter, numbers);
  EXPECT_TRUE(changes.ok()) << changes.status();
  std::vector<std::string> lines;
  for (const ChangeView& change : *changes) {
    std::string kind;
    switch (change.kind) {
      case ChangeKind::kSet:
        kind = "set";
        break;
      case ChangeKind::kDeleted:
        kind = "deleted";
        break;
      case ChangeKind::kExpired:
        kind = "expired";
        break;
      case ChangeKind::kEvicted:
        kind = "evicted";
        break;
      case ChangeKind::kFlushed:
        kind = "flushed";
        break;
    }
    lines.push_back(absl::StrCat(change.index, " db", change.database, " ",
                                 kind, " ", std::string(change.key), "=",
                                 std::string(change.value), " @",
                                 change.expires_at.ms));
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(ChangeFilter, NamesEveryChangeAndLeavesOutWhatIsTheEnginesOwn) {
  EXPECT_EQ(Filtered({}),
            (Lines{"11 db0 set user:1=one @77", "12 db1 set user:2=two @0",
                   "12 db0 deleted user:1= @0", "13 db0 expired item= @0",
                   "14 db1 evicted user:2= @0", "15 db3 flushed = @0",
                   "19 db0 set flush/3=an application's key @0"}));
}

TEST(ChangeFilter, PrefixConcernsKeysAndAFlushConcernsAllKeys) {
  EXPECT_EQ(Filtered({.key_prefix = "user:1"}),
            (Lines{"11 db0 set user:1=one @77", "12 db0 deleted user:1= @0",
                   "15 db3 flushed = @0"}));
}

TEST(ChangeFilter, KindsAreAMask) {
  const auto bit = [](ChangeKind kind) { return static_cast<uint32_t>(kind); };
  EXPECT_EQ(Filtered({.kinds = bit(ChangeKind::kExpired) |
                               bit(ChangeKind::kFlushed)}),
            (Lines{"13 db0 expired item= @0", "15 db3 flushed = @0"}));
  EXPECT_EQ(Filtered({.kinds = 0}), Lines{});
}

TEST(ChangeFilter, DatabaseIsOneOrAll) {
  EXPECT_EQ(Filtered({.database = 1}),
            (Lines{"12 db1 set user:2=two @0", "14 db1 evicted user:2= @0"}));
  EXPECT_EQ(Filtered({.database = 3}), (Lines{"15 db3 flushed = @0"}));
  EXPECT_EQ(Filtered({.database = 255}), Lines{});
}

TEST(ChangeFilter, EndsWhereItIsTold) {
  EXPECT_EQ(Filtered({}, 11), (Lines{"11 db0 set user:1=one @77"}));
  EXPECT_EQ(Filtered({}, 9), Lines{});
}

TEST(ChangeFilter, TellsTheApplicationsNumbersAcrossASwap) {
  std::string swap;
  AppendEffect({.key = kMapKey, .value = {"\0\2\1", 3}, .database = 255}, swap);
  const std::string flush = FlushKey(1);
  const std::vector<RecordView> records = {
      {.key = "before", .database = 1},
      {.type = RecordType::kBatch, .value = swap},
      {.key = "after", .database = 1},
      {.key = flush, .database = 255},
  };
  LogSlice slice{.first = 1};
  for (RecordView record : records) {
    record.index = ++slice.last;
    slice.records += Encoded(record);
  }
  DatabaseNumbers numbers;
  const auto all = FilterChanges(slice, 4, {}, numbers);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].database, 1);
  EXPECT_EQ((*all)[1].database, 2);
  EXPECT_EQ((*all)[2].database, 2);
  EXPECT_EQ(numbers.Logical(1), 2);
  DatabaseNumbers again;
  const auto second = FilterChanges(slice, 4, {.database = 2}, again);
  ASSERT_EQ(second->size(), 2u);
  EXPECT_EQ((*second)[0].key, "after");
}

TEST(ChangeFilter, DamagedBytesAreToldNotSkipped) {
  LogSlice slice = OneOfEach();
  slice.records.pop_back();
  DatabaseNumbers numbers;
  EXPECT_TRUE(
      absl::IsDataLoss(FilterChanges(slice, 100, {}, numbers).status()));
}

}  // namespace
}  // namespace vigil::engine
