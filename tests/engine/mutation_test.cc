// What each kind of mutation comes to, as tables: the key before, the mutation, the
// effect.
#include "engine/mutation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace vigil::engine {
namespace {

using Kind = Mutation::Kind;
using ExpireIf = Mutation::ExpireIf;
using absl::StatusCode;

constexpr WallTime kNow{1000};
constexpr MutationLimits kLimits{.key_bytes_max = 10, .value_bytes_max = 20};
constexpr KeyState kAbsent{};

KeyState Present(std::string_view value, WallTime expires_at = {}) {
  return {true, value, 7, expires_at};
}

struct Decided {
  StatusCode code = StatusCode::kOk;
  std::string
      effect;  // "set VALUE", "set VALUE until TIME", "delete" or "none"
  MutationResult result;
};

Decided Do(const Mutation& mutation, const KeyState& present) {
  Decided decided;
  Effect effect;
  absl::Status s = Validate(mutation, kLimits);
  if (s.ok())
    s = Decide(mutation, present, kNow, kLimits, effect, decided.result);
  decided.code = s.code();
  if (!effect.type) {
    decided.effect = "none";
  } else if (*effect.type == RecordType::kDelete) {
    decided.effect = "delete";
  } else {
    decided.effect = "set " + std::string(effect.value);
    if (effect.expires_at != WallTime{})
      decided.effect += " until " + std::to_string(effect.expires_at.ms);
  }
  return decided;
}

// --- Conditions

TEST(MutationConditions, Table) {
  using Existence = Mutation::Existence;
  const struct {
    Existence existence;
    std::optional<uint64_t> version;
    bool on_absent;
    bool on_present;  // version 7
  } table[] = {
      {Existence::kAny, {}, true, true},
      {Existence::kAbsent, {}, true, false},
      {Existence::kPresent, {}, false, true},
      {Existence::kAny, 0, true, false},  // 0: no such key
      {Existence::kAny, 7, false, true},
      {Existence::kAny, 6, false, false},
      {Existence::kAbsent, 7, false, false},
      {Existence::kPresent, 7, false, true},
  };
  for (const auto& row : table) {
    Mutation mutation{.key = "k", .value = "new"};
    mutation.existence = row.existence;
    mutation.version = row.version;
    EXPECT_EQ(Holds(mutation, kAbsent), row.on_absent);
    EXPECT_EQ(Holds(mutation, Present("v")), row.on_present);
    const Decided decided = Do(mutation, Present("v"));
    EXPECT_EQ(decided.code, StatusCode::kOk);
    EXPECT_EQ(decided.result.applied, row.on_present);
    EXPECT_EQ(decided.effect, row.on_present ? "set new" : "none");
  }
}

TEST(MutationConditions, ThePreviousEntryIsToldEvenIfTheyDoNotHold) {
  Mutation mutation{.key = "k", .value = "new"};
  mutation.existence = Mutation::Existence::kAbsent;
  mutation.want_previous = true;
  const Decided decided = Do(mutation, Present("old", {5000}));
  EXPECT_FALSE(decided.result.applied);
  ASSERT_TRUE(decided.result.previous.has_value());
  EXPECT_EQ(decided.result.previous->value, "old");
  EXPECT_EQ(decided.result.previous->version, 7u);
  EXPECT_EQ(decided.result.previous->expires_at, WallTime{5000});
  EXPECT_FALSE(Do(mutation, kAbsent).result.previous.has_value());
}

// --- Kinds

TEST(Mutation, SetReplacesValueAndExpiryUnlessToldToKeepIt) {
  Mutation set{.key = "k", .value = "new"};
  EXPECT_EQ(Do(set, kAbsent).effect, "set new");
  EXPECT_EQ(Do(set, Present("old", {5000})).effect, "set new");
  set.expires_at = {6000};
  EXPECT_EQ(Do(set, Present("old", {5000})).effect, "set new until 6000");
  set.keep_expiry = true;
  EXPECT_EQ(Do(set, Present("old", {5000})).effect, "set new until 5000");
  EXPECT_EQ(Do(set, Present("old")).effect, "set new");
  EXPECT_EQ(Do(set, kAbsent).effect, "set new");
}

TEST(Mutation, DeleteAppliesToAKeyThatIsThere) {
  const Mutation del{.kind = Kind::kDelete, .key = "k"};
  EXPECT_EQ(Do(del, Present("v")).effect, "delete");
  EXPECT_TRUE(Do(del, Present("v")).result.applied);
  EXPECT_EQ(Do(del, kAbsent).effect, "none");
  EXPECT_FALSE(Do(del, kAbsent).result.applied);
}

TEST(Mutation, CheckChangesNothing) {
  const Mutation check{.kind = Kind::kCheck, .key = "k"};
  EXPECT_TRUE(Do(check, Present("v")).result.applied);
  EXPECT_EQ(Do(check, Present("v")).effect, "none");
}

TEST(Mutation, ExpireByCondition) {
  // Never is later than any time. 0 stands for it.
  const struct {
    ExpireIf condition;
    int64_t present;
    int64_t next;
    bool applies;
  } table[] = {
      {ExpireIf::kAlways, 0, 5000, true},
      {ExpireIf::kAlways, 5000, 0, true},
      {ExpireIf::kAlways, 0, 0, false},
      {ExpireIf::kNever, 0, 5000, true},
      {ExpireIf::kNever, 4000, 5000, false},
      {ExpireIf::kAlready, 0, 5000, false},
      {ExpireIf::kAlready, 4000, 5000, true},
      {ExpireIf::kAlready, 4000, 0, true},
      {ExpireIf::kGreater, 4000, 5000, true},
      {ExpireIf::kGreater, 5000, 4000, false},
      {ExpireIf::kGreater, 4000, 0, true},
      {ExpireIf::kGreater, 0, 5000, false},
      {ExpireIf::kLess, 4000, 5000, false},
      {ExpireIf::kLess, 5000, 4000, true},
      {ExpireIf::kLess, 0, 5000, true},
      {ExpireIf::kLess, 5000, 0, false},
  };
  for (const auto& row : table) {
    Mutation expire{.kind = Kind::kExpire, .key = "k"};
    expire.expires_at = {row.next};
    expire.expire_if = row.condition;
    const Decided decided = Do(expire, Present("v", {row.present}));
    const std::string until =
        row.next == 0 ? "" : " until " + std::to_string(row.next);
    EXPECT_EQ(decided.result.applied, row.applies)
        << row.present << " to " << row.next;
    EXPECT_EQ(decided.effect, row.applies ? "set v" + until : "none");
    EXPECT_EQ(Do(expire, kAbsent).effect, "none");
    EXPECT_FALSE(Do(expire, kAbsent).result.applied);
  }
}

TEST(Mutation, ExpireAtTheTimeThatIsSetAppliesAndTakesNoRecord) {
  const struct {
    ExpireIf condition;
    bool applies;
  } table[] = {
      {ExpireIf::kAlways, true},  {ExpireIf::kNever, false},
      {ExpireIf::kAlready, true}, {ExpireIf::kGreater, false},
      {ExpireIf::kLess, false},
  };
  for (const auto& row : table) {
    Mutation expire{.kind = Kind::kExpire, .key = "k"};
    expire.expires_at = {5000};
    expire.expire_if = row.condition;
    const Decided decided = Do(expire, Present("v", {5000}));
    EXPECT_EQ(decided.result.applied, row.applies);
    EXPECT_EQ(decided.effect, "none");
  }
}

TEST(Mutation, ExpireInThePastDeletes) {
  Mutation expire{.kind = Kind::kExpire, .key = "k"};
  expire.expires_at = {999};
  EXPECT_EQ(Do(expire, Present("v")).effect, "delete");
  EXPECT_TRUE(Do(expire, Present("v")).result.applied);
  expire.expires_at = kNow;
  EXPECT_EQ(Do(expire, Present("v")).effect, "delete");
  expire.expires_at = {1001};
  EXPECT_EQ(Do(expire, Present("v")).effect, "set v until 1001");
  expire.expires_at = {999};
  expire.expire_if = ExpireIf::kGreater;
  EXPECT_EQ(Do(expire, Present("v", {5000})).effect, "none");
}

TEST(Mutation, Increment) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  const struct {
    const char* before;  // null: no such key
    int64_t delta;
    StatusCode code;
    int64_t after;
  } table[] = {
      {nullptr, 5, StatusCode::kOk, 5},
      {nullptr, kMin, StatusCode::kOk, kMin},
      {"41", 1, StatusCode::kOk, 42},
      {"-1", 1, StatusCode::kOk, 0},
      {"0", 0, StatusCode::kOk, 0},
      {"9223372036854775806", 1, StatusCode::kOk, kMax},
      {"9223372036854775807", 1, StatusCode::kOutOfRange, 0},
      {"-9223372036854775808", -1, StatusCode::kOutOfRange, 0},
      {"9223372036854775808", 0, StatusCode::kInvalidArgument, 0},
      {"", 1, StatusCode::kInvalidArgument, 0},
      {"abc", 1, StatusCode::kInvalidArgument, 0},
      {" 1", 1, StatusCode::kInvalidArgument, 0},
      {"1 ", 1, StatusCode::kInvalidArgument, 0},
      {"+1", 1, StatusCode::kInvalidArgument, 0},
      {"1.0", 1, StatusCode::kInvalidArgument, 0},
      {"007", 1, StatusCode::kInvalidArgument, 0},
      {"-0", 1, StatusCode::kInvalidArgument, 0},
  };
  for (const auto& row : table) {
    Mutation mutation{.kind = Kind::kIncrement, .key = "k"};
    mutation.delta = row.delta;
    const Decided decided = Do(
        mutation, row.before == nullptr ? kAbsent : Present(row.before, {9}));
    EXPECT_EQ(decided.code, row.code) << row.before;
    if (row.code != StatusCode::kOk) {
      EXPECT_EQ(decided.effect, "none");
      continue;
    }
    EXPECT_EQ(decided.result.integer, row.after);
    EXPECT_EQ(decided.effect, "set " + std::to_string(row.after) +
                                  (row.before == nullptr ? "" : " until 9"))
        << "the expiry stays";
  }
}

TEST(Mutation, IncrementFloat) {
  const struct {
    const char* before;
    double delta;
    StatusCode code;
    const char* after;
  } table[] = {
      {nullptr, 0.5, StatusCode::kOk, "0.5"},
      {"10.5", 0.1, StatusCode::kOk, "10.6"},
      {"3", -5, StatusCode::kOk, "-2"},
      {"5e3", 1, StatusCode::kOk, "5001"},
      {"1e308", 1e308, StatusCode::kOutOfRange, ""},
      {"1", std::numeric_limits<double>::quiet_NaN(), StatusCode::kOutOfRange,
       ""},
      {"inf", 1, StatusCode::kInvalidArgument, ""},
      {"nan", 1, StatusCode::kInvalidArgument, ""},
      {"1e400", 1, StatusCode::kInvalidArgument, ""},
      {"1 ", 1, StatusCode::kInvalidArgument, ""},
      {"", 1, StatusCode::kInvalidArgument, ""},
  };
  for (const auto& row : table) {
    Mutation mutation{.kind = Kind::kIncrementFloat, .key = "k"};
    mutation.delta_float = row.delta;
    const Decided decided =
        Do(mutation, row.before == nullptr ? kAbsent : Present(row.before));
    EXPECT_EQ(decided.code, row.code) << row.before;
    EXPECT_EQ(decided.effect, row.code == StatusCode::kOk
                                  ? std::string("set ") + row.after
                                  : "none");
  }
}

TEST(Mutation, AppendAndSetRange) {
  const std::string zeros(3, '\0');
  const struct {
    Kind kind;
    uint64_t offset;
    std::string value;
    const char* before;
    StatusCode code;
    std::string effect;
    uint64_t size;
  } table[] = {
      {Kind::kAppend, 0, "cd", "ab", StatusCode::kOk, "set abcd", 4},
      {Kind::kAppend, 0, "cd", nullptr, StatusCode::kOk, "set cd", 2},
      {Kind::kAppend, 0, "", nullptr, StatusCode::kOk, "set ", 0},
      {Kind::kAppend, 0, std::string(19, 'x'), "ab",
       StatusCode::kInvalidArgument, "none", 0},
      {Kind::kSetRange, 1, "XY", "abcd", StatusCode::kOk, "set aXYd", 4},
      {Kind::kSetRange, 3, "XY", "abcd", StatusCode::kOk, "set abcXY", 5},
      {Kind::kSetRange, 3, "X", nullptr, StatusCode::kOk, "set " + zeros + "X",
       4},
      {Kind::kSetRange, 9, "", "abcd", StatusCode::kOk, "none", 4},
      {Kind::kSetRange, 9, "", nullptr, StatusCode::kOk, "none", 0},
      {Kind::kSetRange, 19, "X", "a", StatusCode::kOk,
       "set a" + std::string(18, '\0') + "X", 20},
      {Kind::kSetRange, 20, "X", "a", StatusCode::kInvalidArgument, "none", 0},
  };
  for (const auto& row : table) {
    Mutation mutation{.kind = row.kind, .key = "k", .value = row.value};
    mutation.offset = row.offset;
    const Decided decided =
        Do(mutation, row.before == nullptr ? kAbsent : Present(row.before));
    EXPECT_EQ(decided.code, row.code) << row.value << " at " << row.offset;
    EXPECT_EQ(decided.effect, row.effect);
    if (row.code == StatusCode::kOk) {
      EXPECT_EQ(decided.result.size, row.size);
    }
  }
}

TEST(Mutation, KeysAndValuesHaveTheirLimits) {
  const std::string ten(10, 'k');
  const std::string eleven(11, 'k');
  const std::string twenty_one(21, 'v');
  const auto valid = [](const Mutation& mutation) {
    return Validate(mutation, kLimits).code() == StatusCode::kOk;
  };
  EXPECT_TRUE(
      valid({.key = ten, .value = std::string_view(twenty_one).substr(1)}));
  EXPECT_FALSE(valid({.key = ""}));
  EXPECT_FALSE(valid({.key = eleven}));
  EXPECT_FALSE(valid({.key = "k", .value = twenty_one}));
  EXPECT_FALSE(valid({.kind = Kind::kSetRange,
                      .key = "k",
                      .value = "v",
                      .offset = UINT64_MAX}));
  EXPECT_TRUE(valid({.kind = Kind::kSetRange, .key = "k", .offset = 21}));
  EXPECT_TRUE(valid({.kind = Kind::kRename, .key = "k", .value = ten}));
  EXPECT_FALSE(valid({.kind = Kind::kRename, .key = "k", .value = eleven}));
  EXPECT_FALSE(valid({.kind = Kind::kRename, .key = "k", .value = ""}));
}

}  // namespace
}  // namespace vigil::engine
