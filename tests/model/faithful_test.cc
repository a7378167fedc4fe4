// The model decides as the code does, where both decide the same thing.
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "replication/position.h"
#include "sentinel/replica_selection.h"
#include "tests/model/cases.h"
#include "tests/model/log.h"
#include "tests/model/selection.h"

namespace vigil::model {
namespace {

constexpr int kRounds = 20'000;

// REQUIRES: 0 < n.
int Below(std::mt19937& random, int n) {
  return static_cast<int>(random() % static_cast<unsigned>(n));
}

vigil::Epoch Real(Epoch epoch) { return {.number = epoch, .leader = {epoch}}; }

History HistoryOf(const Log& log) {
  History history;
  for (int i = 1; i <= log.size(); ++i) {
    const Epoch epoch = log.At(i).epoch;
    if (log.FirstIndexOf(epoch) == i) history.Append(Real(epoch), i);
  }
  return history;
}

// `log`, then records of `first`, and of every second epoch above it: another
// branch has the others.
Log Grown(Log log, Epoch first, std::mt19937& random) {
  for (Epoch epoch = first; epoch <= kEpochs; epoch += 2) {
    for (int n = Below(random, 3); n > 0 && log.size() < kRecords; --n) {
      log.Append({.epoch = epoch, .kind = Kind::kWrite});
    }
  }
  return log;
}

TEST(Faithful, TheCommonIndexIsThatOfTheHandshake) {
  std::mt19937 random(1);
  for (int i = 0; i < kRounds; ++i) {
    Log shared;
    for (int n = Below(random, 4); n > 0; --n) {
      shared.Append({.epoch = 1, .kind = Kind::kWrite});
    }
    // The shared part may go on in an epoch that only one of them saw end.
    const Log a = Grown(shared, 2, random);
    const Log b = Grown(a.Prefix(Below(random, a.size() + 1)), 3, random);
    EXPECT_EQ(
        static_cast<uint64_t>(CommonIndex(a, b)),
        vigil::CommonIndex(HistoryOf(a), a.size(), HistoryOf(b), b.size()));
  }
}

std::string Name(int member) {
  return std::string(1, static_cast<char>('a' + member));
}

NodeId IdOf(int member) { return {static_cast<uint64_t>(member) + 1}; }

replication::Configuration ConfigurationOf(int size) {
  replication::Configuration configuration{.version = 1};
  for (int i = 0; i < size; ++i) {
    configuration.members.push_back({.name = Name(i), .id = IdOf(i)});
  }
  return configuration;
}

replication::MemberView ViewOf(int member, const Answer& answer) {
  return {.name = Name(member),
          .id = IdOf(member),
          .lineage = {1},
          .position = {.epoch = Real(answer.position.epoch()),
                       .index = static_cast<uint64_t>(answer.position.index())},
          .formed = answer.formed,
          .exact = answer.exact};
}

// Compares one decision over random answers of a group of `size`.
void CompareSelection(int size, std::mt19937& random) {
  Model model;
  model.scope.nodes = size;
  model.scope.members = static_cast<Members>((1 << size) - 1);
  Answers answers{};
  std::vector<replication::MemberView> views;
  for (int i = 0; i < size; ++i) {
    if (Below(random, 4) == 0) continue;
    answers[i] = {.given = true,
                  .formed = Below(random, 3) != 0,
                  .exact = Below(random, 4) != 0,
                  .position = Position(static_cast<Epoch>(1 + Below(random, 2)),
                                       1 + Below(random, 2))};
    views.push_back(ViewOf(i, answers[i]));
  }
  const Selection ours = Select(model, State{}, answers);

  using sentinel::PromotionRule;
  const replication::Configuration configuration = ConfigurationOf(size);
  const sentinel::FencePlan plan = sentinel::PlanFence(configuration, views);
  ASSERT_EQ(ours.all_members, plan.rule == PromotionRule::kAllMembers);
  if (!plan.rule.has_value()) {
    EXPECT_EQ(ours.eligible, 0);
    return;
  }
  const sentinel::Selection theirs =
      sentinel::SelectReplica(*plan.rule, configuration, views);
  // A tail is not copied by the code yet: it refuses.
  ASSERT_EQ(ours.eligible != 0, theirs.chosen.has_value()) << theirs.why;
  if (theirs.chosen.has_value()) {
    const auto chosen = static_cast<int>(theirs.chosen->id.value) - 1;
    EXPECT_TRUE(ours.eligible >> chosen & 1) << theirs.why;
  }
}

TEST(Faithful, TheSelectionIsThatOfTheSentinel) {
  std::mt19937 random(2);
  for (int i = 0; i < kRounds; ++i) CompareSelection(2 + i % 3, random);
}

}  // namespace
}  // namespace vigil::model
