// Members that come, go and are replaced while the application writes: what was
// acknowledged at kQuorum is there afterwards, whoever is master then.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/free_port.h"
#include "tests/cluster/live_group.h"

namespace vigil::test {
namespace {

// Nodes "a", "b", ...: the first forms a group of one, the others join it.
class GrowingGroup {
 public:
  explicit GrowingGroup(int nodes) : ports_(*demo::FreePorts(nodes)) {
    nodes_.resize(static_cast<size_t>(nodes));
    Open(0);
    EXPECT_EQ(AwaitMasterIndex(), 0u);
  }

  static std::string NameOf(size_t i) {
    return std::string(1, static_cast<char>('a' + i));
  }
  void Open(size_t i) {
    Options o = OptionsOf(ports_, i, folder_.path());
    o.members = {o.members[i]};
    if (i > 0) {
      for (size_t other = 0; other < ports_.size(); ++other) {
        if (other != i)
          o.join.push_back(absl::StrCat("127.0.0.1:", ports_[other]));
      }
    }
    nodes_[i] = std::make_unique<LiveNode>(o);
    ASSERT_TRUE(nodes_[i]->status().ok()) << nodes_[i]->status();
  }
  void Close(size_t i) { nodes_[i].reset(); }
  void Wipe(size_t i) {
    Close(i);
    std::filesystem::remove_all(folder_.path() + "/" + NameOf(i));
  }
  Node& node(size_t i) { return **nodes_[i]; }

  // Of those that are open.
  size_t AwaitMasterIndex() {
    size_t found = 0;
    EXPECT_TRUE(Eventually([&] {
      for (size_t i = 0; i < nodes_.size(); ++i) {
        found = i;
        if (nodes_[i] && node(i).status().role.role == NodeRole::kMaster)
          return true;
      }
      return false;
    }));
    return found;
  }
  Node& master() { return node(AwaitMasterIndex()); }
  // A change, tried again while a master is being looked for.
  template <typename Ask>
  absl::Status Change(Ask ask) {
    absl::Status status;
    const bool done = Eventually([&] {
      status = ask(master());
      return !absl::IsFailedPrecondition(status);
    });
    return done ? status : absl::UnknownError("no master");
  }

 private:
  const TempDir folder_;
  const std::vector<int> ports_;
  std::vector<std::unique_ptr<LiveNode>> nodes_;
};

std::string MembersOf(const Node& node) {
  std::string text;
  for (const MemberStatus& member : node.status().members) {
    absl::StrAppend(&text, text.empty() ? "" : " ", member.name);
    if (member.kind != MemberKind::kMember) {
      const std::string_view kind = ToString(member.kind);
      absl::StrAppend(&text, ":", absl::string_view(kind.data(), kind.size()));
    }
  }
  return text;
}

// Writes at kQuorum through one node, one after the other, and remembers what was
// acknowledged.
class Writer {
 public:
  explicit Writer(Node& node) : node_(node), thread_([this] { Run(); }) {}
  ~Writer() { Stop(); }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int acknowledged() const { return acknowledged_; }

  // Which of them `node` does not have.
  std::vector<int> MissingIn(const Node& node) const {
    std::vector<int> missing;
    for (const int i : written_) {
      if (!node.Exists(absl::StrCat("w", i))) missing.push_back(i);
    }
    return missing;
  }

 private:
  void Run() {
    for (int i = 0; !stop_; ++i) {
      SetOptions options;
      options.ack = Ack::kQuorum;
      options.timeout = absl::Seconds(5);
      if (!node_.Set(absl::StrCat("w", i), "x", options).ok()) continue;
      written_.push_back(i);
      ++acknowledged_;
    }
  }

  Node& node_;
  std::atomic<bool> stop_{false};
  std::atomic<int> acknowledged_{0};
  std::vector<int> written_;
  std::thread thread_;
};

// The status follows the data that it is about.
bool Becomes(Node& node, MemberKind kind) {
  return Eventually([&] { return node.status().kind == kind; });
}

TEST(NodeMembers, AGroupGrowsFromOneToFiveAndLosesNoQuorumWrite) {
  GrowingGroup group(5);
  Writer writer(group.node(0));
  for (size_t i = 1; i < 5; ++i) {
    group.Open(i);
    const absl::Status added = group.node(0).AddMember(GrowingGroup::NameOf(i));
    ASSERT_TRUE(added.ok()) << added;
  }
  EXPECT_EQ(MembersOf(group.node(0)), "a b c d e");
  EXPECT_EQ(group.node(0).status().members_version, 9u);
  const int so_far = writer.acknowledged();
  EXPECT_TRUE(Eventually([&] { return writer.acknowledged() > so_far; }));
  writer.Stop();
  EXPECT_GT(writer.acknowledged(), 0);
  // Two of five may go, the master one of them.
  group.Close(0);
  group.Close(4);
  const size_t next = group.AwaitMasterIndex();
  EXPECT_TRUE(writer.MissingIn(group.node(next)).empty());
  EXPECT_EQ(MembersOf(group.node(next)), "a b c d e");
}

TEST(NodeMembers, AMemberIsRemovedAndTheRestGoesOn) {
  GrowingGroup group(3);
  for (size_t i = 1; i < 3; ++i) {
    group.Open(i);
    const absl::Status added = group.node(0).AddMember(GrowingGroup::NameOf(i));
    ASSERT_TRUE(added.ok()) << added;
  }
  EXPECT_TRUE(absl::IsNotFound(group.node(0).RemoveMember("x")));
  EXPECT_TRUE(absl::IsAlreadyExists(group.node(0).AddMember("b")));
  const absl::Status removed = group.node(0).RemoveMember("c");
  ASSERT_TRUE(removed.ok()) << removed;
  EXPECT_EQ(MembersOf(group.node(0)), "a b");
  EXPECT_TRUE(Becomes(group.node(2), MemberKind::kNewcomer));
  group.Close(2);
  SetOptions quorum;
  quorum.ack = Ack::kQuorum;
  EXPECT_TRUE(group.node(0).Set("k", "v", quorum).ok());
  // A master that removes itself leaves its place to another.
  const absl::Status self = group.node(0).RemoveMember("a");
  // Another may be master before this one has heard that the change is committed.
  EXPECT_TRUE(self.ok() || absl::IsDeadlineExceeded(self)) << self;
  EXPECT_TRUE(Eventually(
      [&] { return group.node(1).status().role.role == NodeRole::kMaster; }));
  EXPECT_EQ(MembersOf(group.node(1)), "b");
  EXPECT_TRUE(group.node(1).Set("k2", "v", quorum).ok());
  EXPECT_TRUE(group.node(1).Exists("k"));
}

TEST(NodeMembers, AWipedMemberIsANewcomerUntilItIsReplaced) {
  GrowingGroup group(3);
  for (size_t i = 1; i < 3; ++i) {
    group.Open(i);
    const absl::Status added = group.node(0).AddMember(GrowingGroup::NameOf(i));
    ASSERT_TRUE(added.ok()) << added;
  }
  SetOptions quorum;
  quorum.ack = Ack::kQuorum;
  ASSERT_TRUE(group.node(0).Set("before", "v", quorum).ok());
  Writer writer(group.node(0));
  group.Wipe(2);
  group.Open(2);
  EXPECT_TRUE(Eventually([&] { return group.node(2).Exists("before"); }));
  EXPECT_TRUE(Becomes(group.node(2), MemberKind::kNewcomer));
  const absl::Status replaced = group.node(0).ReplaceMember("c", "c");
  ASSERT_TRUE(replaced.ok()) << replaced;
  EXPECT_TRUE(Becomes(group.node(2), MemberKind::kMember));
  writer.Stop();
  // It votes, and can be master.
  group.Close(0);
  const size_t next = group.AwaitMasterIndex();
  EXPECT_TRUE(writer.MissingIn(group.node(next)).empty());
  EXPECT_TRUE(group.node(next).Set("after", "v", quorum).ok());
}

TEST(NodeMembers, AReadReplicaFollowsAndCountsForNothing) {
  GrowingGroup group(2);
  group.Open(1);
  const absl::Status added = group.node(0).AddReadReplica("b");
  ASSERT_TRUE(added.ok()) << added;
  EXPECT_EQ(MembersOf(group.node(0)), "a b:read_replica");
  SetOptions quorum;
  quorum.ack = Ack::kQuorum;
  ASSERT_TRUE(group.node(0).Set("k", "v", quorum).ok());
  EXPECT_TRUE(Eventually([&] { return group.node(1).Exists("k"); }));
  EXPECT_TRUE(Becomes(group.node(1), MemberKind::kReadReplica));
  // It forwards what it is asked to write, and is asked no vote.
  EXPECT_TRUE(group.node(1).Set("k2", "v", quorum).ok());
  group.Close(1);
  EXPECT_TRUE(group.node(0).Set("k3", "v", quorum).ok())
      << "nobody waits for a read replica";
  // After a restart it is what it was.
  group.Open(1);
  EXPECT_TRUE(Eventually([&] { return group.node(1).Exists("k3"); }));
  EXPECT_TRUE(Becomes(group.node(1), MemberKind::kReadReplica));
  EXPECT_TRUE(group.node(0).RemoveMember("b").ok());
  EXPECT_EQ(MembersOf(group.node(0)), "a");
}

TEST(NodeMembers, OnlyTheMasterChangesTheMembersAndSaysWhatItWaitsFor) {
  GrowingGroup group(2);
  const absl::Status nobody =
      group.node(0).AddMember("b", absl::Milliseconds(300));
  EXPECT_TRUE(absl::IsUnavailable(nobody)) << nobody;
  group.Open(1);
  ASSERT_TRUE(group.node(0).AddMember("b").ok());
  const absl::Status elsewhere = group.node(1).RemoveMember("a");
  EXPECT_TRUE(absl::IsFailedPrecondition(elsewhere)) << elsewhere;
  EXPECT_EQ(MasterOf(elsewhere).value_or(MasterHint{}).name, "a");
  // Of two, one is not enough to let the other go.
  group.Close(1);
  const absl::Status alone =
      group.node(0).RemoveMember("b", absl::Milliseconds(300));
  EXPECT_TRUE(absl::IsUnavailable(alone)) << alone;
  EXPECT_EQ(MembersOf(group.node(0)), "a b");
}

}  // namespace
}  // namespace vigil::test
