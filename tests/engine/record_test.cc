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

}  // namespace
}  // namespace vigil::engine
