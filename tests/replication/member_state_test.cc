#include "replication/member_state.h"

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

TEST(MemberState, SurvivesItsEncoding) {
  MemberState formed =
      Formed("b", H({{1, 1}, {3, 120}}), E(4, NodeId{~uint64_t{0}}));
  formed.boot = "3f1c-77";
  for (const MemberState& state : {formed, Fresh("a")}) {
    const auto read = DecodeMemberState(EncodeMemberState(state));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, state);
  }
}

TEST(MemberState, DamagedBytesAreDataLoss) {
  const std::string whole = EncodeMemberState(Formed("b", H({{1, 1}}), E(1)));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = whole;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  const std::string damaged[] = {
      "",
      "vigil-member 1\n",
      "vigil-member 1\nconfiguration\n",
      with("vigil-member 1", "vigil-member 2"),
      with("promise 1.", "promise 1"),
      with("promise 1.", "promise x."),
      with("epoch 1.", "epoch "),
      with("id 0000000000000002", "id 0000000000000000"),
      with("id 0000000000000002", "id zz"),
      with("lineage ", "lineage z"),
      with("group g", "groupg"),
      with("formed 1", "formed 1\n  \nwhat 7"),
      with("member c c:1", "member c"),
      whole.substr(0, whole.find("configuration") + 13),
  };
  for (const std::string& bytes : damaged) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeMemberState(bytes).status())) << bytes;
  }
}

// Found by review: a line of blanks had no first word, and it was looked at.
TEST(MemberState, ALineOfBlanksIsNoLine) {
  const MemberState state = Formed("b", H({{1, 1}}), E(1));
  std::string bytes = EncodeMemberState(state);
  bytes.insert(bytes.find("promise"), "   \n");
  const auto read = DecodeMemberState(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, state);
}

}  // namespace
}  // namespace vigil::replication
