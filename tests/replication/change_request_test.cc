#include "replication/change_request.h"

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

using Kind = ChangeRequest::Kind;

Member Node(const std::string& name, uint64_t id) {
  return {name, name + ":1", NodeId{id}};
}

// b and c follow as members, d as a newcomer, and c's place has a node without its data.
std::vector<Member> Followers() {
  return {Node("b", 2), Node("d", 40), Node("c", 33), Node("r", 70)};
}

Configuration WithReader() {
  Configuration group = Group(3);
  group.readers = {Node("r", 70)};
  return group;
}

// "a:1 b:2 | a:1 | r" as members, those before, readers.
std::string Text(const Configuration& configuration) {
  std::string text;
  for (const auto* list : {&configuration.members, &configuration.before,
                           &configuration.readers}) {
    for (const Member& m : *list)
      text += m.name + ":" + std::to_string(m.id.value) + " ";
    text += "| ";
  }
  return text;
}

TEST(ChangeRequest, Table) {
  struct Case {
    ChangeRequest request;
    std::string target;  // or a code
    uint64_t newcomer;
  };
  const Case cases[] = {
      {{Kind::kAddMember, "d", ""},
       "a:1 b:2 c:3 d:40 | a:1 b:2 c:3 | r:70 | ",
       40},
      {{Kind::kAddMember, "r", ""}, "a:1 b:2 c:3 r:70 | a:1 b:2 c:3 | | ", 70},
      {{Kind::kAddMember, "b", ""}, "ALREADY_EXISTS", 0},
      {{Kind::kAddMember, "x", ""}, "UNAVAILABLE", 0},
      {{Kind::kAddReader, "d", ""}, "a:1 b:2 c:3 | | r:70 d:40 | ", 0},
      {{Kind::kAddReader, "r", ""}, "ALREADY_EXISTS", 0},
      {{Kind::kAddReader, "b", ""}, "ALREADY_EXISTS", 0},
      {{Kind::kAddReader, "x", ""}, "UNAVAILABLE", 0},
      {{Kind::kRemove, "c", ""}, "a:1 b:2 | a:1 b:2 c:3 | r:70 | ", 0},
      {{Kind::kRemove, "r", ""}, "a:1 b:2 c:3 | | | ", 0},
      {{Kind::kRemove, "x", ""}, "NOT_FOUND", 0},
      {{Kind::kReplace, "c", "c"}, "a:1 b:2 c:33 | a:1 b:2 c:3 | r:70 | ", 33},
      {{Kind::kReplace, "c", "d"}, "a:1 b:2 d:40 | a:1 b:2 c:3 | r:70 | ", 40},
      {{Kind::kReplace, "c", "b"}, "ALREADY_EXISTS", 0},
      {{Kind::kReplace, "b", "b"}, "UNAVAILABLE", 0},
      {{Kind::kReplace, "x", "d"}, "NOT_FOUND", 0},
  };
  for (const Case& c : cases) {
    const auto change = Decide(c.request, WithReader(), Followers());
    if (!change.ok()) {
      EXPECT_EQ(absl::StatusCodeToString(change.status().code()), c.target)
          << ToString(c.request);
      continue;
    }
    EXPECT_EQ(Text(change->target), c.target) << ToString(c.request);
    EXPECT_EQ(change->target.version, 2u);
    EXPECT_EQ(change->newcomer, NodeId{c.newcomer}) << ToString(c.request);
    const Configuration last = FinalOf(change->target);
    EXPECT_FALSE(last.joint());
    EXPECT_EQ(last.members, change->target.members);
  }
}

TEST(ChangeRequest, AGroupHasOneToSevenMembers) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      Decide({Kind::kRemove, "a", ""}, Group(1), {}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      Decide({Kind::kAddMember, "z", ""}, Group(7), {Node("z", 99)}).status()));
}

}  // namespace
}  // namespace vigil::replication
