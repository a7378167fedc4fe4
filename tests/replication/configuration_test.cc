#include "replication/configuration.h"

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

TEST(Configuration, EveryFenceQuorumMeetsEveryCommitQuorum) {
  struct Case {
    int n, commit, fence;
  };
  for (const Case& c :
       {Case{1, 1, 1}, Case{2, 2, 1}, Case{3, 2, 2}, Case{4, 3, 2},
        Case{5, 3, 3}, Case{6, 4, 3}, Case{7, 4, 4}}) {
    const Configuration group = Group(c.n);
    EXPECT_EQ(group.commit_quorum(), c.commit) << c.n;
    EXPECT_EQ(group.fence_quorum(), c.fence) << c.n;
    EXPECT_GT(group.commit_quorum() + group.fence_quorum(), c.n);
  }
}

TEST(Configuration, FindsMembersByNameAndByIdentity) {
  Configuration group = Group(3);
  group.members[2].id = NodeId{};
  EXPECT_EQ(group.Find("b"), &group.members[1]);
  EXPECT_EQ(group.Find(IdOf("b")), &group.members[1]);
  EXPECT_EQ(group.Find("z"), nullptr);
  EXPECT_EQ(group.Find(NodeId{99}), nullptr);
  EXPECT_EQ(group.Find(NodeId{}), nullptr) << "no identity is nobody's";
}

// "a b c" of three letters: who passes the test.
bool Commits(const Configuration& group, const std::string& who) {
  return group.IsCommitQuorum(
      [&](const Member& m) { return who.find(m.name) != std::string::npos; });
}
bool Fences(const Configuration& group, const std::string& who) {
  return group.IsFenceQuorum(
      [&](const Member& m) { return who.find(m.name) != std::string::npos; });
}

TEST(Configuration, DuringAChangeBothGroupsHaveToAgree) {
  Configuration joint = Group(4);  // a b c d
  joint.before = Group(3).members;
  EXPECT_FALSE(Commits(joint, "ab")) << "two of four";
  EXPECT_TRUE(Commits(joint, "abd"));
  EXPECT_FALSE(Commits(joint, "ad"));
  EXPECT_FALSE(Fences(joint, "ad")) << "one of three";
  EXPECT_TRUE(Fences(joint, "ab"));
  EXPECT_FALSE(Fences(joint, "d"));
  const auto value = [](const Member& m) {
    return static_cast<uint64_t>(m.name[0] - 'a') * 10;  // 0 10 20 30
  };
  EXPECT_EQ(joint.Agreed(value), 10u);
  EXPECT_EQ(Group(3).Agreed(value), 10u);
  EXPECT_EQ(joint.voters(), Group(4).members);
}

// Every set that commits meets every set that fences, whatever the change.
TEST(Configuration, NoFenceMissesACommitInTheMiddleOfAChange) {
  const std::string all = "abcde";
  for (const int before : {1, 2, 3, 4}) {
    for (const int after : {before - 1, before, before + 1}) {
      if (after < 1) continue;
      Configuration joint = Group(after);
      joint.before = Group(before).members;
      if (after == before) joint.members.back() = {"e", "e:1", IdOf("e")};
      for (unsigned c = 0; c < 32; ++c) {
        for (unsigned f = 0; f < 32; ++f) {
          std::string commits, fences;
          for (unsigned i = 0; i < 5; ++i) {
            if (c >> i & 1) commits += all[i];
            if (f >> i & 1) fences += all[i];
          }
          if ((c & f) != 0) continue;
          EXPECT_FALSE(Commits(joint, commits) && Fences(joint, fences))
              << before << " to " << after << ": " << commits << fences;
        }
      }
    }
  }
}

TEST(Configuration, NobodyIsNoQuorum) {
  EXPECT_FALSE(Commits(Configuration(), "abc"));
  EXPECT_FALSE(Fences(Configuration(), "abc"));
  EXPECT_FALSE(Configuration().IsAll([](const Member&) { return true; }));
}

TEST(Configuration, OfTwoWithOneNameTheOneThatGoesOnIsFound) {
  Configuration joint = Group(3);
  joint.before = joint.members;
  joint.members[2].id = NodeId{99};
  EXPECT_EQ(joint.Find("c")->id, NodeId{99});
  EXPECT_EQ(joint.Find(IdOf("c")), &joint.before[2]);
  EXPECT_EQ(joint.voters().size(), 4u);
}

TEST(Configuration, SurvivesItsEncoding) {
  Configuration joint = Group(3);
  joint.before = Group(2).members;
  joint.readers = {{"r", "r:1", NodeId{77}}};
  for (const Configuration& each : {Group(3), joint}) {
    const auto read = DecodeConfiguration(EncodeConfiguration(each));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, each);
  }
}

TEST(Configuration, DamagedBytesAreDataLoss) {
  for (const char* bytes :
       {"", "version 1\n", "version x\nmember a a:1 1\n", "member a a:1 xyz\n",
        "member a a:1\n", "version 1\nmember a a:1 1\nmore\n"}) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeConfiguration(bytes).status())) << bytes;
  }
}

}  // namespace
}  // namespace vigil::replication
