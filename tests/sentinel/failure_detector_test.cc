#include "sentinel/failure_detector.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

// A story: 'a' answered, 'r' refused (a new ping), 'R' refused (a ping sent before the
// last refusal was known), 'f' failed otherwise; one every 10 ms. Then: down at `at`?
struct Row {
  std::string story;
  bool fast_fail;
  int64_t at;
  bool down;
  std::string why;
};

TEST(FailureDetector, Table) {
  const std::vector<Row> rows = {
      {"", true, 499, false, "a new peer gets a full down_after"},
      {"", true, 500, true, "a peer that was never heard"},
      {"a", true, 499, false, "silent for less than down_after"},
      {"a", true, 500, true, "silent for down_after"},
      {"ar", true, 50, false, "refused once"},
      {"arr", true, 50, true, "refused twice in a row"},
      {"arr", false, 50, false, "refused twice without fast_fail"},
      {"arr", false, 500, true, "without fast_fail, down_after counts"},
      {"arR", true, 50, false, "one broken connection, two pings"},
      {"arar", true, 50, false, "not in a row: it answered between"},
      {"arfr", true, 50, false, "not in a row: something was there"},
      {"rr", true, 50, false, "never heard: perhaps it has not started yet"},
      {"arra", true, 60, false, "it is back"},
  };
  for (const Row& row : rows) {
    FailureDetector detector(absl::Milliseconds(500), row.fast_fail, At(0));
    uint64_t ping = 0;
    int64_t ms = 0;
    for (const char c : row.story) {
      if (c == 'a') detector.Answered(At(ms));
      if (c == 'r') {
        detector.Refused(ping + 1, /*newest=*/ping + 2);
        ping += 2;
      }
      if (c == 'R') detector.Refused(ping, ping);
      if (c == 'f') detector.Failed();
      ms += 10;
    }
    EXPECT_EQ(detector.Down(At(row.at)), row.down) << row.why;
  }
}

TEST(FailureDetector, RestartGivesAFullDownAfter) {
  FailureDetector detector(absl::Milliseconds(500), true, At(0));
  detector.Answered(At(100));
  detector.Refused(1, 1);
  detector.Restart(At(400));
  EXPECT_FALSE(detector.refused_once());
  EXPECT_FALSE(detector.Down(At(899)));
  EXPECT_TRUE(detector.Down(At(900)));
}

}  // namespace
}  // namespace vigil::sentinel
