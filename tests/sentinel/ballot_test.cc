#include "sentinel/ballot.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

struct Row {
  std::vector<std::string> voters;
  int quorum;
  std::string granted;  // one letter each
  std::string refused;
  bool won;
  bool lost;
  const char* why;
};

TEST(Ballot, Table) {
  const std::vector<Row> rows = {
      {{"a"}, 1, "a", "", true, false, "a group of one"},
      {{"a", "b"}, 1, "a", "", false, false, "half is no majority"},
      {{"a", "b"}, 1, "a", "b", false, true, "and cannot become one"},
      {{"a", "b", "c"}, 2, "ab", "", true, false, "two of three"},
      {{"a", "b", "c"}, 2, "a", "b", false, false, "c may still say yes"},
      {{"a", "b", "c"}, 2, "a", "bc", false, true, "two against"},
      {{"a", "b", "c"}, 3, "ab", "", false, false, "the quorum asks for three"},
      {{"a", "b", "c"}, 3, "ab", "c", false, true, "which is out of reach"},
      {{"a", "b", "c"},
       1,
       "a",
       "",
       false,
       false,
       "a quorum of one is no majority"},
      {{"a", "b", "c"}, 2, "aaa", "", false, false, "a vote counts once"},
      {{"a", "b", "c"}, 2, "ax", "", false, false, "x is no member"},
      {{"a", "b", "c", "d"}, 2, "ab", "", false, false, "half of four"},
      {{"a", "b", "c", "d", "e"}, 3, "abc", "de", true, false, "three of five"},
  };
  for (const Row& row : rows) {
    Ballot ballot(Recorded(row.voters), row.quorum);
    for (const char c : row.granted) ballot.Grant(std::string(1, c), IdOf({c}));
    for (const char c : row.refused) ballot.Refuse(std::string(1, c));
    EXPECT_EQ(ballot.won(), row.won) << row.why;
    EXPECT_EQ(ballot.lost(), row.lost) << row.why;
  }
}

TEST(Ballot, DuringAChangeItTakesAMajorityOfBoth) {
  replication::Configuration joint = Recorded({"a", "d", "e"});
  joint.before = Recorded({"a", "b", "c"}).members;
  Ballot ballot(joint, 2);
  ballot.Grant("a", IdOf("a"));
  ballot.Grant("d", IdOf("d"));
  EXPECT_FALSE(ballot.won()) << "of those before, one";
  ballot.Refuse("b");
  EXPECT_FALSE(ballot.lost());
  ballot.Grant("c", IdOf("c"));
  EXPECT_TRUE(ballot.won());
  Ballot refused(joint, 2);
  refused.Grant("a", IdOf("a"));
  refused.Refuse("b");
  refused.Refuse("c");
  EXPECT_TRUE(refused.lost()) << "whatever those after say";
}

TEST(Ballot, AVoterThatLostItsIdentityLostItsVote) {
  Ballot ballot(Recorded({"a", "b", "c"}), 2);
  ballot.Grant("a", IdOf("a"));
  ballot.Grant("b", NodeId{99});
  EXPECT_FALSE(ballot.won());
  EXPECT_EQ(ballot.ToString(), "1 of 3 (needed 2): a");
  ballot.Grant("c", IdOf("c"));
  EXPECT_TRUE(ballot.won());
}

TEST(Ballot, BeforeAnythingIsRecordedANameIsEnough) {
  Ballot ballot(Names({"a", "b", "c"}), 2);
  ballot.Grant("a", NodeId{1});
  ballot.Grant("b", NodeId{2});
  EXPECT_TRUE(ballot.won());
}

}  // namespace
}  // namespace vigil::sentinel
