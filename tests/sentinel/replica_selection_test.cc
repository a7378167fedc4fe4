#include "sentinel/replica_selection.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

using replication::MemberView;
using testing::HasSubstr;

constexpr Epoch kOne{1, {10}};
constexpr Epoch kTwo{2, {11}};

MemberView With(MemberView view,
                const std::function<void(MemberView&)>& change) {
  change(view);
  return view;
}
MemberView NotExact(MemberView view) {
  return With(view, [](MemberView& v) { v.exact = false; });
}
MemberView Unhealthy(MemberView view) {
  return With(view, [](MemberView& v) { v.healthy = false; });
}
MemberView Unformed(MemberView view) {
  return With(view, [](MemberView& v) { v.formed = false; });
}
MemberView Priority(MemberView view, int priority) {
  return With(view, [&](MemberView& v) { v.priority = priority; });
}
MemberView Wiped(const std::string& name) {
  return With(Empty(name), [](MemberView& v) { v.id = {99}; });
}

struct Row {
  PromotionRule rule;
  std::vector<MemberView> promised;
  std::string chosen;  // "": nobody
  std::string why;     // part of it
};

TEST(ReplicaSelection, Table) {
  constexpr auto kQuorum = PromotionRule::kFenceQuorum;
  constexpr auto kAll = PromotionRule::kAllMembers;
  const std::vector<Row> rows = {
      // Position first: a greater epoch beats a greater index.
      {kQuorum, {Formed("a", {kOne, 5}), Formed("b", {kOne, 7})}, "b", "1/7"},
      {kQuorum, {Formed("a", {kOne, 9}), Formed("b", {kTwo, 7})}, "b", "2/7"},
      {kQuorum,
       {Priority(Formed("a", {kOne, 5}), 1), Formed("b", {kOne, 7})},
       "b",
       "b has the greatest position, 1/7"},
      // Then the lower priority, then the lower id.
      {kQuorum,
       {Formed("a", {kOne, 7}), Priority(Formed("b", {kOne, 7}), 50)},
       "b",
       ""},
      {kQuorum, {Formed("c", {kOne, 7}), Formed("b", {kOne, 7})}, "b", ""},
      // Whoever cannot be promoted holds it up only if he has more.
      {kQuorum,
       {NotExact(Formed("a", {kOne, 7})), Formed("b", {kOne, 7})},
       "b",
       "a is in"},
      {kQuorum,
       {NotExact(Formed("a", {kOne, 8})), Formed("b", {kOne, 7})},
       "",
       "is at 1/8"},
      {kQuorum,
       {Priority(Formed("a", {kOne, 8}), 0), Formed("b", {kOne, 7})},
       "",
       "has priority 0"},
      {kQuorum,
       {Unhealthy(Formed("a", {kOne, 7})), NotExact(Formed("b", {kOne, 7}))},
       "",
       "nobody can be promoted"},
      // The unformed neither count nor raise the greatest position.
      {kQuorum,
       {Formed("a", {kOne, 5}), Formed("b", {kOne, 5}),
        Unformed(Formed("c", {kOne, 9}))},
       "a",
       ""},
      // All members: bootstrap.
      {kAll, {Empty("a"), Empty("b"), Empty("c")}, "a", "0/0"},
      {kAll, {Priority(Empty("a"), 200), Empty("b"), Empty("c")}, "b", ""},
      // Power loss of all: the greatest position among all.
      {kAll,
       {Unformed(Formed("a", {kOne, 5})), Unformed(Formed("b", {kOne, 7})),
        Unformed(Formed("c", {kOne, 6}))},
       "b",
       "1/7"},
      // A crash in the middle of bootstrap: only one has a lineage.
      {kAll, {Empty("a"), Empty("b"), Formed("c", {kOne, 1})}, "c", ""},
      // The same without its epoch record: identity goes before emptiness.
      {kAll,
       {Empty("a"), Empty("b"),
        With(Empty("c"), [](MemberView& v) { v.lineage = {77}; })},
       "c",
       ""},
      // If a formed one exists, only a formed one, and only at the greatest position.
      {kAll,
       {Formed("a", {kOne, 7}), Unformed(Formed("b", {kOne, 7})), Empty("c")},
       "a",
       ""},
      {kAll,
       {Formed("a", {kOne, 5}), Unformed(Formed("b", {kOne, 7})), Empty("c")},
       "",
       "a is at 1/5, but a member that cannot be promoted is at 1/7"},
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const auto configuration = Recorded({"a", "b", "c"});
    ASSERT_TRUE(EnoughPromised(row.rule, configuration, row.promised))
        << "row " << i;
    const Selection selection =
        SelectReplica(row.rule, configuration, row.promised);
    const std::string chosen = selection.chosen ? selection.chosen->name : "";
    EXPECT_EQ(chosen, row.chosen) << "row " << i << ": " << selection.why;
    EXPECT_THAT(selection.why, HasSubstr(row.why)) << "row " << i;
  }
}

struct PlanRow {
  std::vector<MemberView> views;
  std::string rule;  // "quorum", "all", ""
  size_t targets;
  const char* note;
};

TEST(FencePlan, Table) {
  const auto a = Formed("a", {kOne, 5});
  const auto b = Formed("b", {kOne, 5});
  const auto c = Formed("c", {kOne, 5});
  const auto foreign = With(c, [](MemberView& v) { v.lineage = {78}; });
  const std::vector<PlanRow> rows = {
      {{a, b, c}, "quorum", 3, "everybody"},
      {{a, b}, "quorum", 2, "F = 2 of 3"},
      {{a, b, Unformed(c)}, "quorum", 2, "an unformed one is left alone"},
      {{a, b, foreign}, "quorum", 2, "so is one of another lineage"},
      {{a}, "", 0, "one is not enough"},
      {{a, Unformed(b)}, "", 0, "nor is one and an unformed one"},
      {{a, Wiped("b")}, "", 0, "nor one and a stranger"},
      {{a, Unformed(b), Empty("c")}, "all", 3, "but all are"},
      {{a, Unformed(b), Wiped("c")}, "", 0, "a stranger is not one of all"},
      {{a, Unformed(b), foreign}, "", 0, "two lineages"},
      {{Empty("a"), Empty("b"), Empty("c")}, "all", 3, "bootstrap"},
      {{Empty("a"), Empty("b")}, "", 0, "bootstrap needs all"},
  };
  for (const PlanRow& row : rows) {
    const FencePlan plan = PlanFence(Recorded({"a", "b", "c"}), row.views);
    const std::string rule = !plan.rule ? ""
                             : *plan.rule == PromotionRule::kFenceQuorum
                                 ? "quorum"
                                 : "all";
    EXPECT_EQ(rule, row.rule) << row.note << ": " << plan.why;
    EXPECT_EQ(plan.targets.size(), row.targets) << row.note;
  }
}

TEST(FencePlan, DuringAChangeItTakesAFenceQuorumOfBoth) {
  replication::Configuration joint = Recorded({"a", "b", "c", "d"});
  joint.before = Recorded({"a", "b", "c"}).members;
  const auto view = [](const std::string& name) {
    return Formed(name, {kOne, 5});
  };
  EXPECT_FALSE(PlanFence(joint, {view("a"), view("d")}).rule.has_value());
  EXPECT_TRUE(PlanFence(joint, {view("a"), view("b")}).rule.has_value());
  EXPECT_TRUE(EnoughPromised(PromotionRule::kFenceQuorum, joint,
                             {view("b"), view("c")}));
  EXPECT_FALSE(EnoughPromised(PromotionRule::kFenceQuorum, joint,
                              {view("b"), view("d")}));
}

TEST(SelectReplica, AReadReplicaIsNeverPromoted) {
  replication::Configuration group = Recorded({"a", "b", "c"});
  group.readers = {{"r", "r:1", IdOf("r")}};
  const auto ahead = Formed("r", {kOne, 9});
  const Selection selection =
      SelectReplica(PromotionRule::kFenceQuorum, group,
                    {Formed("a", {kOne, 5}), Formed("b", {kOne, 6}), ahead});
  ASSERT_TRUE(selection.chosen.has_value()) << selection.why;
  EXPECT_EQ(selection.chosen->name, "b") << "nor does its position count";
}

TEST(FencePlan, QuorumsBySize) {
  // N: F = N - (N/2 + 1) + 1.
  const std::vector<std::pair<int, int>> rows = {
      {1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 3}};
  const std::vector<std::string> all = {"a", "b", "c", "d", "e"};
  for (const auto& [size, needed] : rows) {
    const std::vector<std::string> names(all.begin(), all.begin() + size);
    std::vector<MemberView> views;
    for (int i = 0; i < size; ++i) {
      const FencePlan plan = PlanFence(Recorded(names), views);
      EXPECT_EQ(plan.rule == PromotionRule::kFenceQuorum, i >= needed)
          << size << " " << i;
      views.push_back(Formed(names[static_cast<size_t>(i)], {kOne, 5}, names));
    }
  }
}

TEST(ConfigurationToRecord, FillsWhatTheMembersAnswered) {
  const std::vector<MemberView> promised = {Empty("a"), Empty("b"), Empty("c")};
  EXPECT_EQ(ConfigurationToRecord(Names({"a", "b", "c"}), promised),
            Recorded({"a", "b", "c"}));
  replication::Configuration recorded = Recorded({"a", "b", "c"});
  recorded.version = 4;
  EXPECT_EQ(ConfigurationToRecord(recorded, promised), recorded);
}

}  // namespace
}  // namespace vigil::sentinel
