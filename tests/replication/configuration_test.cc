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

TEST(Configuration, SurvivesItsEncoding) {
  const auto read = DecodeConfiguration(EncodeConfiguration(Group(3)));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Group(3));
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
