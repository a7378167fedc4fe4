#include "engine/record.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "engine/base/random.h"
#include "tests/engine/records.h"

namespace vigil::engine {
namespace {

// One of each kind, with every field at a small and a large value.
std::vector<RecordView> Samples() {
  static const std::string long_key(65'536, 'k');
  static const std::string long_value(100'000, 'v');
  return {
      {RecordType::kSet, 1, {}, "k", ""},
      {RecordType::kSet, 127, {1}, "key", "value"},
      {RecordType::kSet, 128, {1'700'000'000'000}, "key", long_value},
      {RecordType::kSet,
       UINT64_MAX,
       {INT64_MAX},
       long_key,
       std::string_view("\0", 1)},
      {RecordType::kDelete, 300, {}, "key", ""},
      {RecordType::kEpoch, 5, {}, "", "epoch bytes"},
      {RecordType::kConfiguration, 6, {}, "", ""},
      {RecordType::kSet, 7, {1}, "key", "value", 3},
      {RecordType::kDelete, 8, {}, "key", "", 255, Cause::kExpired},
      {RecordType::kDelete, 9, {}, "key", "", 0, Cause::kEvicted},
  };
}

TEST(Record, DecodesToWhatWasEncoded) {
  for (const RecordView& sample : Samples()) {
    const std::string bytes = Encoded(sample) + "rest";
    std::string_view rest = bytes;
    const auto record = DecodeRecord(rest);
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_EQ(record->type, sample.type);
    EXPECT_EQ(record->index, sample.index);
    EXPECT_EQ(record->expires_at, sample.expires_at);
    EXPECT_EQ(record->key, sample.key);
    EXPECT_EQ(record->value, sample.value);
    EXPECT_EQ(record->database, sample.database);
    EXPECT_EQ(record->cause, sample.cause);
    EXPECT_EQ(rest, "rest");
    EXPECT_LE(bytes.size() - 4,
              EncodedSizeMax(sample.key.size(), sample.value.size()));
  }
}

TEST(Record, FormatStaysAsItIs) {
  // A change of these bytes makes every log on disk unreadable.
  EXPECT_EQ(
      SetRecord(300, "k", "v", {1}),
      std::string("\x08\x00\x00\x00\x32\x68\xbd\xda\x01\x01\xac\x02\x01\x01kv",
                  16));
}

TEST(Record, EveryTruncationIsATornTail) {
  const std::string bytes = SetRecord(300, "key", "some value", {77});
  for (size_t size = 0; size < bytes.size(); ++size) {
    std::string_view torn = std::string_view(bytes).substr(0, size);
    EXPECT_EQ(DecodeRecord(torn).status().code(), absl::StatusCode::kOutOfRange)
        << size;
    EXPECT_EQ(torn.size(), size) << "an error must not take bytes";
  }
}

TEST(Record, EveryBitFlipIsFound) {
  const std::string bytes = SetRecord(300, "key", "some value", {77});
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    std::string_view view = damaged;
    // A flip in the size may also look like a record that is not all there.
    EXPECT_FALSE(DecodeRecord(view).ok()) << "bit " << bit;
  }
}

TEST(Record, GarbageIsNeverARecordAndNeverCrashes) {
  Random random(1);
  for (int round = 0; round < 200'000; ++round) {
    std::string garbage(random.Uniform(40), '\0');
    for (char& c : garbage) c = static_cast<char>(random.Next());
    // Half of them with a plausible size, to get behind the first check.
    if (round % 2 == 0 && garbage.size() > 8) {
      garbage[0] = static_cast<char>(garbage.size() - 8);
      garbage[1] = garbage[2] = garbage[3] = 0;
    }
    std::string_view view = garbage;
    EXPECT_FALSE(DecodeRecord(view).ok());
  }
}

TEST(Record, AbsurdSizeIsDamageAndNotATornTail) {
  std::string bytes = SetRecord(1, "k", "v");
  bytes[3] = '\x7f';
  std::string_view view = bytes;
  EXPECT_EQ(DecodeRecord(view).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Record, RunWithAGapIsRefused) {
  const std::string bytes = SetRecords(5, 6) + SetRecords(8, 8);
  EXPECT_EQ(DecodeRun(bytes, 5).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(DecodeRun(SetRecords(5, 6), 4).status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(DecodeRun(SetRecords(5, 6), 5)->size(), 2u);
}

TEST(Record, RunMustEndWhereARecordEnds) {
  const std::string bytes = SetRecords(1, 2);
  const std::string_view torn =
      std::string_view(bytes).substr(0, bytes.size() - 1);
  EXPECT_EQ(DecodeRun(torn, 1).status().code(), absl::StatusCode::kDataLoss);
}

std::string BatchOf(const std::vector<RecordView>& effects) {
  std::string value;
  for (const RecordView& effect : effects) AppendEffect(effect, value);
  return value;
}

TEST(Batch, EffectsComeBackInOrderWithTheBatchsIndex) {
  const std::string value =
      BatchOf({{RecordType::kSet, 0, {99}, "a", "one", 2},
               {RecordType::kDelete, 0, {}, "b", "", 0, Cause::kEvicted},
               {RecordType::kSet, 0, {}, "", ""}});
  const std::string bytes =
      Encoded({.type = RecordType::kBatch, .index = 300, .value = value});
  std::string_view rest = bytes;
  const auto batch = DecodeRecord(rest);
  ASSERT_TRUE(batch.ok()) << batch.status();
  std::vector<RecordView> effects;
  ForEachEffect(*batch, [&](const RecordView& e) { effects.push_back(e); });
  ASSERT_EQ(effects.size(), 3u);
  for (const RecordView& effect : effects) EXPECT_EQ(effect.index, 300u);
  EXPECT_EQ(effects[0].type, RecordType::kSet);
  EXPECT_EQ(effects[0].expires_at, WallTime{99});
  EXPECT_EQ(effects[0].key, "a");
  EXPECT_EQ(effects[0].value, "one");
  EXPECT_EQ(effects[0].database, 2);
  EXPECT_EQ(effects[1].type, RecordType::kDelete);
  EXPECT_EQ(effects[1].cause, Cause::kEvicted);
  EXPECT_EQ(effects[1].database, 0) << "not that of the effect before it";
  EXPECT_EQ(effects[2].cause, Cause::kCommand);
  EXPECT_EQ(effects[2].key, "");
}

TEST(Batch, ARecordThatIsNoneIsItsOwnOnlyEffect) {
  int visited = 0;
  ForEachEffect({.type = RecordType::kSet, .index = 4, .key = "k"},
                [&](const RecordView& effect) {
                  EXPECT_EQ(effect.key, "k");
                  ++visited;
                });
  EXPECT_EQ(visited, 1);
}

TEST(Batch, ATornOrUnknownEffectIsDamage) {
  const std::string whole = BatchOf({{RecordType::kSet, 0, {99}, "a", "one"}});
  std::vector<std::string> broken = {
      BatchOf({{RecordType::kBatch, 0, {}, "a", "nested"}}),
      BatchOf({{RecordType::kEpoch, 0, {}, "", "marker"}})};
  for (size_t size = 1; size < whole.size(); ++size)
    broken.push_back(whole.substr(0, size));
  for (const std::string& value : broken) {
    const std::string bytes =
        Encoded({.type = RecordType::kBatch, .index = 1, .value = value});
    std::string_view view = bytes;
    EXPECT_EQ(DecodeRecord(view).status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(Record, PrefixUpToCutsBetweenRecords) {
  std::string bytes;
  std::vector<size_t> ends;
  for (uint64_t i = 5; i <= 8; ++i) {
    EncodeRecord({.index = i, .key = "k", .value = std::string(i, 'v')}, bytes);
    ends.push_back(bytes.size());
  }
  EXPECT_EQ(*PrefixUpTo(bytes, 4), "");
  EXPECT_EQ(PrefixUpTo(bytes, 6)->size(), ends[1]);
  EXPECT_EQ(*PrefixUpTo(bytes, 8), bytes);
  EXPECT_EQ(*PrefixUpTo(bytes, 9), bytes);
  bytes.pop_back();
  EXPECT_TRUE(absl::IsDataLoss(PrefixUpTo(bytes, 8).status()));
}

TEST(Record, ThoseOfOneTypeAreFoundAmongOthers) {
  std::string bytes;
  EncodeRecord({.index = 5, .key = "k", .value = "v"}, bytes);
  EncodeRecord({RecordType::kConfiguration, 6, {}, "", "c"}, bytes);
  EncodeRecord({.index = 7, .key = "k", .value = "w"}, bytes);
  const auto found = [](std::string_view in) {
    std::vector<uint64_t> indexes;
    ForEachOfType(in, RecordType::kConfiguration, [&](const RecordView& r) {
      EXPECT_EQ(r.value, "c");
      indexes.push_back(r.index);
    });
    return indexes;
  };
  EXPECT_EQ(found(bytes), std::vector<uint64_t>{6});
  EXPECT_TRUE(found("").empty());
  EXPECT_TRUE(found("no record at all").empty());
  EXPECT_TRUE(found(std::string_view(bytes).substr(0, 20)).empty());
}

}  // namespace
}  // namespace vigil::engine
