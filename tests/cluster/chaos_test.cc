// Three processes, each with a network and a disk of its own, and everything that can be
// done to them: a short run of the chaos on a fixed seed, and its ways to end.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/program_run.h"

namespace vigil::test {
namespace {

class ChaosRun : public ProgramRun {
 public:
  explicit ChaosRun(const std::vector<std::string>& arguments)
      : ProgramRun(VIGIL_CHAOS_BINARY, arguments) {}
};

// Many times what a run takes on a busy machine.
constexpr absl::Duration kRunTimeout = absl::Minutes(5);

void ExpectAllKept(ChaosRun& run) {
  const int exit_status = run.AwaitEnd(kRunTimeout);
  std::cout << run.LastLine() << "\n";  // the figures
  EXPECT_EQ(exit_status, 0) << run.Output();
  EXPECT_EQ(run.Field("lost"), "0");
  EXPECT_EQ(run.Field("wrong"), "0");
  EXPECT_EQ(run.Field("equal"), "true");
  EXPECT_EQ(run.Number("reported"), run.Number("measured"));
  EXPECT_GT(run.Number("acknowledged"), 1000);
  EXPECT_TRUE(std::filesystem::is_empty(run.folder() + "/tmp"));
}

TEST(Chaos, NothingIsLostAndWhatIsDroppedIsReported) {
  ChaosRun run({"--seconds=25", "--seed=1"});
  ExpectAllKept(run);
}

TEST(Chaos, WithoutNamespacesProcessesAreKilledAllTheSame) {
  ChaosRun run({"--seconds=5", "--seed=2", "--loopback"});
  ExpectAllKept(run);
  EXPECT_EQ(run.LastLine().find("isolate"), std::string::npos);
  EXPECT_EQ(run.Field("network"), "\"loopback\"");
}

// ---- ways to end ------------------------------------------------------------

void AwaitNodes(const ChaosRun& run, size_t count) {
  for (int i = 0; i < 400 && run.Nodes().size() != count; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(run.Nodes().size(), count) << run.Output();
}

std::string Mounts() {
  std::ostringstream text;
  text << std::ifstream("/proc/mounts").rdbuf();
  return text.str();
}

TEST(ChaosEnd, InterruptedLeavesNothingBehind) {
  ChaosRun run({"--seed=3"});
  AwaitNodes(run, 3);
  run.process().Terminate();
  EXPECT_EQ(run.AwaitEnd(absl::Seconds(20)), 130) << run.Output();
  AwaitNodes(run, 0);
  EXPECT_TRUE(std::filesystem::is_empty(run.folder() + "/tmp"));
}

TEST(ChaosEnd, KilledItTakesItsNodesAndDisksAlong) {
  ChaosRun run({"--seed=4"});
  AwaitNodes(run, 3);
  EXPECT_EQ(Mounts().find(run.folder()), std::string::npos)
      << "nobody else sees its disks";
  run.process().Kill();
  EXPECT_EQ(run.AwaitEnd(absl::Seconds(20)), -1);
  AwaitNodes(run, 0);
}

TEST(ChaosEnd, WrongOptionsAreNamed) {
  ChaosRun run({"--faults=flood"});
  EXPECT_EQ(run.AwaitEnd(absl::Seconds(20)), 2);
  EXPECT_NE(run.Output().find("--faults: \"flood\" is not one of kill, "),
            std::string::npos)
      << run.Output();
}

}  // namespace
}  // namespace vigil::test
