// Backups of a node that serves, and nodes that are restored from them.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/free_port.h"
#include "tests/cluster/live_group.h"
#include "tests/cluster/live_node.h"
#include "tests/support/temp_dir.h"

namespace vigil::test {
namespace {

class NodeBackup : public ::testing::Test {
 protected:
  std::string Dir(const std::string& name) const {
    return absl::StrCat(folder_.path(), "/", name);
  }
  // Options of a new group of `members`, with data below the folder of this test.
  std::vector<Options> NewGroup(int members) const {
    const auto ports = demo::FreePorts(members);
    EXPECT_TRUE(ports.ok()) << ports.status();
    std::vector<Options> options;
    for (size_t i = 0; i < static_cast<size_t>(members); ++i)
      options.push_back(OptionsOf(*ports, i, folder_.path()));
    return options;
  }

  const TempDir folder_;
};

TEST_F(NodeBackup, HasWhatWasWrittenBeforeAndIsWholeThoughWritesGoOn) {
  LiveGroup group(1);
  Node& node = group.master();
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(node.Set(absl::StrCat("before", i), "v").ok());
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i)
      node.Set(absl::StrCat("beside", i), "v").status().IgnoreError();
  });
  const absl::Status made = node.Backup(Dir("backup"));
  stop = true;
  writer.join();
  ASSERT_TRUE(made.ok()) << made;

  int told = 0;
  const auto checked =
      VerifyBackup(Dir("backup"), [&](const WorkStatus&) { ++told; });
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_GT(checked->bytes, 0u);
  EXPECT_GT(told, 0);

  const Options restored = NewGroup(1)[0];
  const auto from = RestoreBackup(Dir("backup"), restored);
  ASSERT_TRUE(from.ok()) << from.status();
  EXPECT_EQ(from->lineage, node.status().lineage);
  LiveNode again(restored);
  ASSERT_TRUE(again.status().ok()) << again.status();
  ASSERT_TRUE(again.AwaitRole(NodeRole::kMaster)) << again.LogText();
  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(again->Exists(absl::StrCat("before", i))) << i;
  EXPECT_TRUE(again->Set("after", "v", {.ack = Ack::kQuorum}).ok());
}

TEST_F(NodeBackup, AGroupBeginsAgainFromOneRestoredMember) {
  std::map<std::string, std::string> data;
  {
    LiveGroup group(3);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(group.master()
                      .Set(absl::StrCat("k", i), "v", {.ack = Ack::kQuorum})
                      .ok());
    }
    data = DataOf(group.master());
    const absl::Status made = group.master().Backup(Dir("backup"));
    ASSERT_TRUE(made.ok()) << made;
  }
  const std::vector<Options> options = NewGroup(3);
  const auto from = RestoreBackup(Dir("backup"), options[1]);
  ASSERT_TRUE(from.ok()) << from.status();
  std::vector<std::unique_ptr<LiveNode>> nodes;
  for (const Options& each : options)
    nodes.push_back(std::make_unique<LiveNode>(each));
  const int master = AwaitMaster(nodes);
  ASSERT_EQ(master, 1) << nodes[1]->LogText();
  EXPECT_EQ(DataOf(**nodes[1]), data);
  for (const auto& node : nodes) {
    EXPECT_TRUE(Eventually([&] { return DataOf(**node) == data; }))
        << node->LogText();
  }
}

TEST_F(NodeBackup, AForeignOrDamagedOneIsRefusedAndLeavesNothing) {
  LiveGroup group(1);
  ASSERT_TRUE(group.master().Set("k", "v").ok());
  ASSERT_TRUE(group.master().Backup(Dir("backup")).ok());

  Options other = NewGroup(1)[0];
  other.group = "another";
  EXPECT_EQ(RestoreBackup(Dir("backup"), other).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(VerifyBackup(folder_.path()).status().code(),
            absl::StatusCode::kFailedPrecondition);

  for (const auto& file : std::filesystem::directory_iterator(Dir("backup"))) {
    if (file.path().filename() == "BACKUP" || file.file_size() == 0) continue;
    std::fstream bytes(file.path(),
                       std::ios::in | std::ios::out | std::ios::binary);
    const int first = bytes.get();
    bytes.seekp(0);
    bytes.put(static_cast<char>(first ^ 1));
    break;
  }
  const Options fresh = NewGroup(1)[0];
  EXPECT_EQ(RestoreBackup(Dir("backup"), fresh).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_FALSE(std::filesystem::exists(fresh.data_dir));
  EXPECT_EQ(group.master().Backup(Dir("backup")).code(),
            absl::StatusCode::kFailedPrecondition)
      << "there is something already";
}

TEST_F(NodeBackup, WithoutADirectoryThereIsNothingToBackUp) {
  LiveGroup group(1, [](Options& options) { options.data_dir.clear(); });
  EXPECT_EQ(group.master().Backup(Dir("backup")).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(NodeBackup, VerifyAndRestoreTellKeysAndBytesOfHowMany) {
  LiveGroup group(1);
  for (int i = 0; i < 2000; ++i)
    ASSERT_TRUE(group.master().Set(absl::StrCat("k", i), "v").ok());
  ASSERT_TRUE(group.master().Backup(Dir("backup")).ok());
  for (const std::string what : {"verify", "restore"}) {
    WorkStatus last;
    const OnWork on_work = [&](const WorkStatus& work) { last = work; };
    const auto done = what == "verify" ? VerifyBackup(Dir("backup"), on_work)
                                       : RestoreBackup(Dir("backup"),
                                                       NewGroup(1)[0], on_work);
    ASSERT_TRUE(done.ok()) << done.status();
    EXPECT_EQ(last.what, what);
    EXPECT_EQ(last.keys, 2000u);
    EXPECT_EQ(last.total, 2000u);
    EXPECT_EQ(last.bytes, done->bytes);
    EXPECT_EQ(last.total_bytes, done->bytes);
    EXPECT_GT(last.bytes_per_second, 0);
  }
}

TEST_F(NodeBackup, OpeningTellsHowFarItIs) {
  LiveGroup group(1);
  for (int i = 0; i < 2000; ++i)
    ASSERT_TRUE(group.master().Set(absl::StrCat("k", i), "v").ok());
  ASSERT_TRUE(group.master().Backup(Dir("backup")).ok());
  Options restored = NewGroup(1)[0];
  ASSERT_TRUE(RestoreBackup(Dir("backup"), restored).ok());
  std::atomic<int> loads{0};
  restored.on_progress = [&](const WorkStatus& work) {
    loads += work.what == "load";
  };
  const LiveNode node(restored);
  EXPECT_TRUE(node.status().ok()) << node.status();
  EXPECT_GT(loads, 0);
}

}  // namespace
}  // namespace vigil::test
