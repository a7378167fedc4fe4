// Three processes, SIGKILL and SIGSTOP: runs the demo with fixed seeds, and
// holds it to the product's figures.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/program_run.h"

namespace vigil::test {
namespace {

// Many times what a run takes on a busy machine.
constexpr absl::Duration kRunTimeout = absl::Minutes(2);

class DemoRun : public ProgramRun {
 public:
  explicit DemoRun(const std::vector<std::string>& arguments)
      : ProgramRun(VIGIL_DEMO_BINARY, arguments) {}
};

// Runs with these arguments; what every run must show is tested here.
class Demo : public testing::Test {
 protected:
  void Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--plain", "--round-time=1s"});
    run_ = std::make_unique<DemoRun>(arguments);
    const int exit_status = run_->AwaitEnd(kRunTimeout);
    std::cout << run_->LastLine() << "\n";  // the figures
    EXPECT_EQ(exit_status, 0);
    EXPECT_EQ(run_->Field("lost"), "0");
    EXPECT_EQ(run_->Field("unexpected"), "0");
    EXPECT_EQ(run_->Field("data_equal"), "true");
    EXPECT_TRUE(std::filesystem::is_empty(run_->folder() + "/tmp"));
  }

  void TearDown() override {
    if (HasFailure() && run_) ADD_FAILURE() << run_->Output();
  }

  std::unique_ptr<DemoRun> run_;
};

TEST_F(Demo, MasterKilledThreeTimes) {
  Run({"--fault=kill", "--rounds=3", "--seed=11"});
  EXPECT_GE(run_->Number("failovers"), 3);
  EXPECT_LT(run_->Number("gap_ms_median"), 1000);
  EXPECT_GT(run_->Number("acknowledged"), 1000);
  EXPECT_GT(run_->Number("get_ns_median"), 0);
}

TEST_F(Demo, MasterPausedThreeTimes) {
  Run({"--fault=pause", "--rounds=3", "--seed=12"});
  EXPECT_GE(run_->Number("failovers"), 3);
  EXPECT_LT(run_->Number("gap_ms_median"), 1500);
}

TEST_F(Demo, ReplicaKilledTwice) {
  // A long down_after: on a busy machine nobody may mistake slowness for death.
  Run({"--fault=replica", "--rounds=2", "--seed=13", "--down-after=2s"});
  EXPECT_EQ(run_->Number("failovers"), 0);
  EXPECT_LT(run_->Number("gap_ms_median"), 1000);
}

TEST_F(Demo, MasterAndReplicaKilledAndBack) {
  Run({"--fault=two", "--rounds=2", "--seed=14"});
  EXPECT_GE(run_->Number("failovers"), 2);
}

TEST_F(Demo, AllKilledAndBack) {
  Run({"--fault=all", "--rounds=2", "--seed=15"});
  EXPECT_GE(run_->Number("failovers"), 2);
}

TEST_F(Demo, FiveNodesLoseTwo) {
  Run({"--nodes=5", "--fault=two", "--rounds=1", "--seed=16"});
  EXPECT_GE(run_->Number("failovers"), 1);
  EXPECT_LT(run_->Number("gap_ms_median"), 1500);
}

TEST_F(Demo, LoadsKeysAndValuesOfAFile) {
  const std::string input = testing::TempDir() + "/demo_input.tsv";
  std::ofstream(input, std::ios::binary) << "color\tblue\ntwo words\ta\\b\tc\n"
                                         << std::string("nul\t\0\n", 6);
  Run({"--input=" + input, "--rounds=0", "--seed=17"});
  EXPECT_NE(run_->Output().find("loaded 3 records"), std::string::npos);
}

// ---- ways to end ------------------------------------------------------------

void AwaitNoNodes(const DemoRun& run) {
  for (int i = 0; i < 200 && !run.Nodes().empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(run.Nodes().empty());
}

TEST(DemoEnd, InterruptedLeavesNothingBehind) {
  DemoRun run({"--plain", "--seed=18", "--rounds=100"});
  ASSERT_TRUE(run.AwaitLine("round 1 of 100", absl::Seconds(60)))
      << run.Output();
  EXPECT_EQ(run.Nodes().size(), 3u);
  run.process().Terminate();
  EXPECT_EQ(run.AwaitEnd(absl::Seconds(20)), 130) << run.Output();
  AwaitNoNodes(run);
  EXPECT_TRUE(std::filesystem::is_empty(run.folder() + "/tmp"));
}

TEST(DemoEnd, KilledSupervisorTakesItsNodesAlong) {
  DemoRun run({"--plain", "--seed=19", "--rounds=100"});
  ASSERT_TRUE(run.AwaitLine("round 1 of 100", absl::Seconds(60)))
      << run.Output();
  run.process().Kill();
  EXPECT_EQ(run.AwaitEnd(absl::Seconds(20)), -1);
  AwaitNoNodes(run);
}

TEST(DemoEnd, WrongOptionIsNamedWithItsValueAndRange) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--rounds=many", "--rounds: \"many\" is not a number from 0 to 1000"},
      {"--nodes=4", "--nodes: \"4\" is not 3 or 5"},
      {"--down-after=1ms", "--down-after: \"1ms\" is not a duration from 50ms"},
      {"--fault=flood", "--fault: \"flood\" is not one of kill, pause"},
      {"--input=/nowhere", "--input: /nowhere: No such file"},
      {"--dir=/proc", "--dir: \"/proc\" is not an empty or new folder"},
      {"--frobnicate", "--frobnicate: no such option"},
      {"rounds", "\"rounds\" is not an option"},
  };
  for (const auto& [argument, message] : cases) {
    DemoRun run({argument});
    EXPECT_EQ(run.AwaitEnd(absl::Seconds(20)), 2) << argument;
    EXPECT_NE(run.Output().find(message), std::string::npos) << run.Output();
  }
}

}  // namespace
}  // namespace vigil::test
