// The table of cases.h: the design is safe in every scope, and each rule that
// is left out is missed in one of them.
//
//   model_test --gtest_filter='*unformed_counts*'
//   tests/model/run --variant unformed_counts      # the trace
#include <iostream>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/model/cases.h"
#include "tests/model/invariants.h"
#include "tests/model/search.h"
#include "tests/model/text.h"

namespace vigil::model {
namespace {

// Twice what the largest scope has.
constexpr size_t kStatesMax = 3'000'000;

class ModelCase : public testing::TestWithParam<Case> {};

TEST_P(ModelCase, FindsWhatTheTableSays) {
  const Case& param = GetParam();
  const Model model = ModelOf(param.scope, param.variant);
  const Result result = Search(model, kStatesMax);
  std::cout << absl::StrCat("    ", std::string(ToString(result.violation)),
                            ", ", result.depth, " steps, ", result.states,
                            " states\n");
  EXPECT_EQ(ToString(result.violation), ToString(param.finds))
      << TraceOf(model.scope, result);
  if (param.finds == Violation::kNone) {
    EXPECT_TRUE(result.exhausted) << "not all states were seen";
  } else {
    // The shortest trace is a fact of the rules: it changes when they do.
    EXPECT_EQ(result.depth, param.steps) << TraceOf(model.scope, result);
    EXPECT_EQ(result.depth, static_cast<int>(result.trace.size()));
  }
}

INSTANTIATE_TEST_SUITE_P(Table, ModelCase, testing::ValuesIn(Cases()),
                         [](const testing::TestParamInfo<Case>& each) {
                           const Case& param = each.param;
                           return param.variant.empty()
                                      ? absl::StrCat("design_in_",
                                                     std::string(param.scope))
                                      : absl::StrCat(std::string(param.variant),
                                                     "_in_",
                                                     std::string(param.scope));
                         });

TEST(ModelTable, TheDesignIsSearchedInEveryScope) {
  std::set<std::string_view> searched;
  for (const Case& each : Cases()) {
    if (each.variant.empty()) searched.insert(each.scope);
  }
  for (const Scope& scope : Scopes()) {
    EXPECT_TRUE(searched.contains(scope.name)) << scope.name;
  }
}

TEST(ModelTable, EveryVariantHasToBeCaught) {
  std::set<std::string_view> caught;
  for (const Case& each : Cases()) {
    if (each.finds != Violation::kNone) caught.insert(each.variant);
  }
  for (const NamedVariant& variant : Variants()) {
    EXPECT_TRUE(caught.contains(variant.name)) << variant.name;
  }
}

TEST(ModelText, ATraceNamesEachNodeByOneName) {
  const Model model = ModelOf("three", "leader_promotes_twice");
  const Result result = Search(model, kStatesMax);
  ASSERT_FALSE(result.trace.empty());
  // The last step is a second promotion; the node of the first one is master.
  const auto& [step, before] = result.trace[result.trace.size() - 2];
  const auto& [last, after] = result.trace.back();
  EXPECT_EQ(last.action, Action::kPromote);
  EXPECT_FALSE(before.members[last.member].HasBegun(last.epoch));
}

}  // namespace
}  // namespace vigil::model
