#include "replication/configuration_log.h"

#include "engine/record.h"
#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

Configuration Version(uint64_t version) {
  Configuration configuration = Group(3);
  configuration.version = version;
  return configuration;
}

ConfigurationLog Recorded(std::vector<uint64_t> indexes) {
  ConfigurationLog log(Version(0));
  uint64_t version = 0;
  for (const uint64_t index : indexes) log.Append(index, Version(++version));
  return log;
}

TEST(ConfigurationLog, TheOneInForceIsTheLastThatTheLogHas) {
  const ConfigurationLog log = Recorded({2, 57, 63});
  struct Case {
    uint64_t last, version;
  };
  for (const Case& c : {Case{0, 0}, Case{1, 0}, Case{2, 1}, Case{56, 1},
                        Case{57, 2}, Case{62, 2}, Case{63, 3}, Case{900, 3}}) {
    EXPECT_EQ(log.At(c.last).version, c.version) << c.last;
  }
  EXPECT_EQ(log.newest_index(), 63u);
  EXPECT_EQ(ConfigurationLog().At(7), Configuration());
}

TEST(ConfigurationLog, WhatIsAppendedTakesThePlaceOfWhatNeverCame) {
  ConfigurationLog log = Recorded({2, 57});
  log.Append(40, Version(9));
  EXPECT_EQ(log.newest().version, 9u);
  EXPECT_EQ(log.newest_index(), 40u);
  EXPECT_EQ(log.At(39).version, 1u);
  log.TrimTo(39);
  EXPECT_EQ(log.newest().version, 1u);
}

TEST(ConfigurationLog, AboveTheCommonIndexTheOthersCounts) {
  ConfigurationLog mine = Recorded({2, 57, 63});
  ConfigurationLog theirs(Version(0));
  theirs.Append(2, Version(1));
  theirs.Append(57, Version(2));
  theirs.Append(70, Version(8));
  mine.Continue(theirs, 60);
  EXPECT_EQ(mine.At(62).version, 2u) << "63 was of the tail";
  EXPECT_EQ(mine.At(70).version, 8u);
}

TEST(ConfigurationLog, WhatTheOptionsSaidEndsWithTheFirstRecord) {
  ConfigurationLog mine(Version(0));
  mine.Continue(Recorded({2, 57}), 60);
  EXPECT_EQ(mine.At(60).version, 2u);
}

TEST(ConfigurationLog, KeepsAFewAndAlwaysTheLast) {
  ConfigurationLog log(Version(0));
  for (uint64_t i = 1; i <= 100; ++i) log.Append(i, Version(i));
  EXPECT_LT(log.entries().size(), 20u);
  EXPECT_EQ(log.newest().version, 100u);
  EXPECT_EQ(log.At(99).version, 99u);
}

TEST(ConfigurationsIn, FindsThemAmongTheRecords) {
  std::string records;
  engine::EncodeRecord({engine::RecordType::kSet, 5, {}, "k", "v"}, records);
  const std::string bytes = EncodeConfiguration(Version(4));
  engine::EncodeRecord({engine::RecordType::kConfiguration, 6, {}, "", bytes},
                       records);
  engine::EncodeRecord({engine::RecordType::kDelete, 7, {}, "k", ""}, records);
  const auto found = ConfigurationsIn(records);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].index, 6u);
  EXPECT_EQ(found[0].configuration, Version(4));
  EXPECT_TRUE(ConfigurationsIn("bytes").empty());
  EXPECT_TRUE(ConfigurationsIn(records.substr(0, 20)).empty());
}

}  // namespace
}  // namespace vigil::replication
