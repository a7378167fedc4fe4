// The parts of the three-node demo that need no node: a demo that finds no loss
// must be able to find one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "examples/three_node_demo/comparison.h"
#include "examples/three_node_demo/escape.h"
#include "examples/three_node_demo/flags.h"
#include "examples/three_node_demo/gap_meter.h"
#include "examples/three_node_demo/latency.h"
#include "examples/three_node_demo/ledger.h"
#include "examples/three_node_demo/line_buffer.h"
#include "examples/three_node_demo/member.h"
#include "examples/three_node_demo/message.h"
#include "examples/three_node_demo/outcome.h"
#include "examples/three_node_demo/package_file.h"
#include "examples/three_node_demo/screen.h"

namespace vigil::demo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int v : values) out += static_cast<char>(v);
  return out;
}

// ---- messages ---------------------------------------------------------------

TEST(Message, AnyBytesComeBack) {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  const std::string line = Encode(Report(WriteTried{every, "\\t"}));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto decoded = DecodeReport(line.substr(0, line.size() - 1));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(std::get<WriteTried>(*decoded).key, every);
  EXPECT_EQ(std::get<WriteTried>(*decoded).value, "\\t");
}

TEST(Message, AllFieldsOfAStatusComeBack) {
  const StatusReport sent{.master = true,
                          .epoch = 3,
                          .master_name = "b",
                          .last_index = UINT64_MAX,
                          .lag = 4,
                          .linked = true,
                          .keys = 5,
                          .health = "disk\tfull",
                          .reads = 6,
                          .writes = 7,
                          .get_ns_median = 8};
  std::string line = Encode(Report(sent));
  line.pop_back();
  const auto decoded = DecodeReport(line);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(Encode(*decoded), line + "\n");
  EXPECT_EQ(std::get<StatusReport>(*decoded).last_index, UINT64_MAX);
  EXPECT_EQ(std::get<StatusReport>(*decoded).health, "disk\tfull");
}

TEST(Message, WhatIsNoneIsRefusedAndShown) {
  for (const std::string line :
       {"", "unheard of", "acked", "acked\tx\tkey", "acked\t1\tk\textra",
        "role\t2\t0\t\t", "tried\tk\tbad\\escape",
        "acked\t99999999999999999999\tk"}) {
    const auto decoded = DecodeReport(line);
    EXPECT_FALSE(decoded.ok()) << line;
    EXPECT_THAT(decoded.status().ToString(), HasSubstr("\"" + line + "\""));
  }
}

TEST(Message, CommandsComeBack) {
  const auto decoded = DecodeCommand("dump\t/tmp/a b");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<Dump>(*decoded).path, "/tmp/a b");
  EXPECT_EQ(Encode(Command(Quit{})), "quit\n");
}

TEST(LineBuffer, GivesWholeLinesOnly) {
  LineBuffer lines;
  lines.Append("one\ntw");
  EXPECT_EQ(lines.Next(), "one");
  EXPECT_EQ(lines.Next(), std::nullopt);
  lines.Append("o\n\nunfinished");
  EXPECT_EQ(lines.Next(), "two");
  EXPECT_EQ(lines.Next(), "");
  EXPECT_EQ(lines.Next(), std::nullopt);
}

// ---- input ------------------------------------------------------------------

TEST(Packages, StanzaIsTheValueAndArchitectureTellsNamesakesApart) {
  const auto records = ParsePackages(
      "Package: libc6\nArchitecture: amd64\nDescription: C\n library\n\n"
      "Package: libc6\nArchitecture: i386\n\n\n"
      "Package: zlib\nArchitecture: amd64");
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_THAT(
      *records,
      ElementsAre(
          InputRecord{"pkg:libc6",
                      "Package: libc6\nArchitecture: amd64\nDescription: C\n "
                      "library\n"},
          InputRecord{"pkg:libc6:i386", "Package: libc6\nArchitecture: i386\n"},
          InputRecord{"pkg:zlib", "Package: zlib\nArchitecture: amd64\n"}));
}

TEST(Packages, StanzaWithoutANameIsRefusedWithItsLine) {
  const auto records = ParsePackages("Package: a\n\nVersion: 1\n");
  EXPECT_THAT(records.status().ToString(), HasSubstr("line 3"));
}

TEST(TabSeparated, ValueMayHoldTabsAndBeEmpty) {
  const auto records = ParseTabSeparated("a\tb\tc\nd\t\n");
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_THAT(*records,
              ElementsAre(InputRecord{"a", "b\tc"}, InputRecord{"d", ""}));
}

TEST(TabSeparated, LineWithoutAKeyOrWithAKnownOneIsRefused) {
  EXPECT_THAT(ParseTabSeparated("a\t1\nb\n").status().ToString(),
              HasSubstr("line 2"));
  EXPECT_THAT(ParseTabSeparated("\tvalue\n").status().ToString(),
              HasSubstr("line 1"));
  EXPECT_THAT(ParseTabSeparated("a\t1\na\t2\n").status().ToString(),
              HasSubstr("line 2: the key a a second time"));
}

// ---- ledger and comparison --------------------------------------------------

std::string WriteFile(const std::string& name, const std::string& content) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

Findings Check(const Ledger& ledger, const std::string& content) {
  const auto findings = ledger.Check(WriteFile("ledger", content));
  EXPECT_TRUE(findings.ok()) << findings.status();
  return findings.ok() ? *findings : Findings();
}

TEST(Ledger, AcknowledgedValueMustBeThere) {
  Ledger ledger;
  ledger.Tried("k", "1");
  ledger.Acknowledged("k");
  EXPECT_THAT(Check(ledger, "k\t7\t0\t1\n").lost, IsEmpty());
  EXPECT_THAT(Check(ledger, "k\t7\t0\t2\n").lost, ElementsAre("k"));
  EXPECT_THAT(Check(ledger, "").lost, ElementsAre("k"));
}

TEST(Ledger, UnknownWriteMayOrMayNotBeThere) {
  Ledger ledger;
  ledger.Tried("k", "1");
  ledger.Acknowledged("k");
  ledger.Tried("k", "2");
  EXPECT_EQ(ledger.unknown(), 1u);
  for (const char* data : {"k\t7\t0\t1\n", "k\t7\t0\t2\n"}) {
    EXPECT_THAT(Check(ledger, data).lost, IsEmpty());
    EXPECT_THAT(Check(ledger, data).unexpected, IsEmpty());
  }
}

TEST(Ledger, UnknownWriteIsNoExcuseForTheAcknowledgedOneAfterIt) {
  Ledger ledger;
  ledger.Tried("k", "1");
  ledger.Tried("k", "2");
  ledger.Acknowledged("k");
  EXPECT_THAT(Check(ledger, "k\t7\t0\t1\n").lost, ElementsAre("k"));
  EXPECT_EQ(ledger.unknown(), 1u);
  EXPECT_EQ(ledger.acknowledged(), 1u);
}

TEST(Ledger, RefusedWriteMustNotAppear) {
  Ledger ledger;
  ledger.Tried("k", "1");
  ledger.Refused("k");
  EXPECT_THAT(Check(ledger, "k\t7\t0\t1\n").unexpected, ElementsAre("k"));
  EXPECT_THAT(Check(ledger, "").lost, IsEmpty());
  EXPECT_EQ(ledger.unknown(), 0u);
}

TEST(Ledger, KeyThatNobodyWroteIsUnexpected) {
  EXPECT_THAT(Check(Ledger(), "k\t7\t0\t1\n").unexpected, ElementsAre("k"));
}

TEST(Ledger, BytesAreComparedUnescaped) {
  const std::string value = Bytes({0, 9, 10, 92, 255});
  std::string line = "k\t7\t0\t";
  AppendEscaped(line, value);
  Ledger ledger;
  ledger.Tried("k", value);
  ledger.Acknowledged("k");
  EXPECT_THAT(Check(ledger, line + "\n").lost, IsEmpty());
}

TEST(Comparison, OneNodeThatLacksAKeyIsALossAndADifference) {
  Ledger ledger;
  ledger.Tried("k", "1");
  ledger.Acknowledged("k");
  const std::string full = WriteFile("full", "k\t7\t0\t1\n");
  const std::string empty = WriteFile("empty", "");
  const auto result = Compare(ledger, {{"a", full}, {"b", empty}, {"c", full}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->lost, 1u);
  EXPECT_FALSE(result->equal);
  EXPECT_THAT(result->details,
              ElementsAre("lost on b: k", HasSubstr("a and b")));
}

TEST(Comparison, OtherVersionIsADifference) {
  Ledger ledger;
  ledger.Tried("k", "1");
  ledger.Acknowledged("k");
  const auto result = Compare(ledger, {{"a", WriteFile("v7", "k\t7\t0\t1\n")},
                                       {"b", WriteFile("v8", "k\t8\t0\t1\n")}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->lost, 0u);
  EXPECT_FALSE(result->equal);
}

// ---- figures ----------------------------------------------------------------

constexpr int64_t kMs = 1'000'000;
constexpr Incarnation kOld{0, 0};
constexpr Incarnation kNew{1, 0};

TEST(GapMeter, FromTheLastBeforeToTheFirstAfter) {
  GapMeter meter;
  EXPECT_TRUE(meter.recovered());
  meter.OnAcknowledged(kOld, 100 * kMs);
  meter.OnFault(105 * kMs, {kOld});
  EXPECT_FALSE(meter.recovered());
  meter.OnAcknowledged(kNew, 700 * kMs);
  meter.OnAcknowledged(kNew, 701 * kMs);
  EXPECT_TRUE(meter.recovered());
  EXPECT_THAT(meter.gaps_ms(), ElementsAre(600));
}

TEST(GapMeter, LastWordsOfTheKilledAreBeforeTheFault) {
  GapMeter meter;
  meter.OnFault(105 * kMs, {kOld});
  meter.OnAcknowledged(kOld, 104 * kMs);  // was still in the pipe
  meter.OnAcknowledged(kOld, 106 * kMs);  // while the signal was on its way
  EXPECT_FALSE(meter.recovered());
  meter.OnAcknowledged(kNew, 206 * kMs);
  EXPECT_THAT(meter.gaps_ms(), ElementsAre(100));
}

TEST(GapMeter, NextIncarnationOfTheKilledCounts) {
  GapMeter meter;
  meter.OnAcknowledged(kOld, 100 * kMs);
  meter.OnFault(100 * kMs, {kOld, kNew});
  meter.OnAcknowledged({0, 1}, 300 * kMs);
  EXPECT_THAT(meter.gaps_ms(), ElementsAre(200));
}

TEST(GapMeter, LateWordOfAResumedNodeChangesNothing) {
  GapMeter meter;
  meter.OnAcknowledged(kOld, 100 * kMs);
  meter.OnFault(100 * kMs, {kOld});
  meter.OnAcknowledged(kNew, 300 * kMs);
  meter.OnAcknowledged(kOld, 900 * kMs);
  EXPECT_THAT(meter.gaps_ms(), ElementsAre(200));
}

TEST(Latency, MedianIsTheUpperEndOfItsBucket) {
  Latency latency;
  EXPECT_EQ(latency.MedianNs(), 0u);
  for (const uint64_t ns : {101, 205, 1'000'000'000}) latency.Add(ns);
  EXPECT_EQ(latency.MedianNs(), 210u);
}

TEST(Outcome, MedianOfOddAndEven) {
  EXPECT_EQ(Median({}), 0);
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
}

Outcome Good() {
  return {.acknowledged = 9,
          .unknown = 2,
          .failovers = 3,
          .failovers_expected = 3,
          .gaps_ms = {700, 650.25, 800},
          .epoch = 4,
          .keys = 5,
          .data_equal = true,
          .get_ns_median = 210,
          .seed = 1};
}

TEST(Outcome, JsonHasTheFieldsInOrder) {
  EXPECT_EQ(
      Json(Good()),
      "{\"acknowledged\":9,\"lost\":0,\"unknown\":2,\"failovers\":3,"
      "\"gap_ms\":[700.0,650.2,800.0],\"gap_ms_median\":700.0,\"epoch\":4,"
      "\"keys\":5,\"data_equal\":true,\"unexpected\":0,\"get_ns_median\":210,"
      "\"seed\":1}");
}

TEST(Outcome, PassesOnlyWithoutLossWithEqualDataAndTheFailovers) {
  EXPECT_TRUE(Good().passed());
  Outcome bad = Good();
  bad.lost = 1;
  EXPECT_FALSE(bad.passed());
  bad = Good();
  bad.unexpected = 1;
  EXPECT_FALSE(bad.passed());
  bad = Good();
  bad.data_equal = false;
  EXPECT_FALSE(bad.passed());
  bad = Good();
  bad.failovers = 2;
  EXPECT_FALSE(bad.passed());
  EXPECT_THAT(Summary(bad), HasSubstr("FAILED"));
}

// ---- what the supervisor shows ----------------------------------------------

TEST(Screen, OneLineANode) {
  const std::vector<NodeRow> rows{{.name = "a",
                                   .role = "master",
                                   .epoch = 2,
                                   .index = 12345,
                                   .state = "accepts writes",
                                   .reads_per_second = 20000,
                                   .writes_per_second = 1999},
                                  {.name = "b", .role = "-", .state = "down"}};
  EXPECT_THAT(RenderTable(rows),
              ElementsAre("node role     epoch      index    lag  state        "
                          "     reads/s  writes/s",
                          "a    master       2      12345      0  accepts "
                          "writes      20000      1999",
                          "b    -            0          0      0  down         "
                          "           0         0"));
}

TEST(Member, RatesAreOfTheLastSecond) {
  constexpr int64_t kSecond = 1'000'000'000;
  Member member;
  member.name = "a";
  member.Apply(StatusReport{.reads = 100, .writes = 10}, 5 * kSecond);
  member.Apply(StatusReport{.reads = 1100, .writes = 30}, 7 * kSecond);
  EXPECT_EQ(member.seen.reads_per_second, 500u);
  EXPECT_EQ(member.seen.writes_per_second, 10u);
}

TEST(Member, CaughtUpIsRememberedWithItsEpoch) {
  Member member;
  member.Apply(StatusReport{.epoch = 4, .linked = true}, 0);
  member.Apply(StatusReport{.epoch = 4, .lag = 3, .linked = true}, 0);
  EXPECT_EQ(member.seen.caught_up_epoch, 4u);
  member.Apply(StatusReport{.epoch = 5, .linked = true, .syncing = true}, 0);
  EXPECT_EQ(member.seen.caught_up_epoch, 4u);
}

// ---- command line -----------------------------------------------------------

TEST(Flags, BothFormsAreUnderstood) {
  int number = 1;
  std::string text;
  bool on = false;
  FlagSet flags;
  flags.Add("number", &number, 0, 9, "");
  flags.Add("text", &text, "TEXT", "");
  flags.Add("on", &on, "");
  ASSERT_TRUE(flags.Parse({"--number", "5", "--text=a=b", "--on"}).ok());
  EXPECT_EQ(number, 5);
  EXPECT_EQ(text, "a=b");
  EXPECT_TRUE(on);
}

TEST(Flags, ErrorsNameOptionValueAndRange) {
  int number = 1;
  bool on = false;
  FlagSet flags;
  flags.Add("number", &number, 0, 9, "");
  flags.Add("on", &on, "");
  const auto error = [&](std::vector<std::string> arguments) {
    return flags.Parse(arguments).ToString();
  };
  EXPECT_THAT(error({"--number=10"}),
              HasSubstr("--number: \"10\" is not a number from 0 to 9"));
  EXPECT_THAT(error({"--number"}), HasSubstr("--number needs a value"));
  EXPECT_THAT(error({"--on=yes"}), HasSubstr("--on: \"yes\" is not wanted"));
  EXPECT_THAT(error({"--what"}), HasSubstr("--what: no such option"));
  EXPECT_EQ(number, 1);
}

}  // namespace
}  // namespace vigil::demo
