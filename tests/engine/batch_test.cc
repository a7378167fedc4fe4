// Several mutations at once: each sees those before it, all or nothing, one effect a
// key.
#include "engine/batch.h"

#include <gtest/gtest.h>

#include <map>

namespace vigil::engine {
namespace {

using Kind = Mutation::Kind;

class BatchTest : public ::testing::Test {
 protected:
  using Place = std::pair<uint8_t, std::string>;

  absl::Status Decide(const std::vector<Mutation>& mutations) {
    batch_ = {};
    return batch_.Decide(
        mutations,
        [this](uint8_t database, std::string_view key) -> KeyState {
          const auto it = present_.find(Place(database, key));
          if (it == present_.end()) return {};
          return {true, it->second, 7, {5000}};
        },
        WallTime{1000}, {.key_bytes_max = 100, .value_bytes_max = 100});
  }
  // "database/key=value" or "database/key deleted", in order.
  std::vector<std::string> Effects() const {
    std::vector<std::string> effects;
    const std::string encoded = batch_.Encode();
    ForEachEffect({.type = RecordType::kBatch, .value = encoded},
                  [&](const RecordView& effect) {
                    std::string text = std::to_string(effect.database) + "/" +
                                       std::string(effect.key);
                    text += effect.type == RecordType::kDelete
                                ? " deleted"
                                : "=" + std::string(effect.value);
                    if (effect.expires_at != WallTime{})
                      text += " until " + std::to_string(effect.expires_at.ms);
                    effects.push_back(text);
                  });
    return effects;
  }
  using Strings = std::vector<std::string>;

  std::map<Place, std::string> present_;
  Batch batch_;
};

Mutation Set(std::string_view key, std::string_view value,
             uint8_t database = 0) {
  return {.database = database, .key = key, .value = value};
}
Mutation Increment(std::string_view key) {
  return {.kind = Kind::kIncrement, .key = key, .delta = 1};
}
Mutation Delete(std::string_view key) {
  return {.kind = Kind::kDelete, .key = key};
}
Mutation Rename(std::string_view from, std::string_view to) {
  return {.kind = Kind::kRename, .key = from, .value = to};
}

TEST_F(BatchTest, EachSeesThoseBeforeItAndAKeyHasOneEffect) {
  ASSERT_TRUE(
      Decide({Set("n", "1"), Set("other", "x"), Increment("n"), Increment("n")})
          .ok());
  EXPECT_EQ(Effects(), (Strings{"0/n=3", "0/other=x"}));
  EXPECT_EQ(batch_.results()[3].integer, 3);
}

TEST_F(BatchTest, WhatItHasChangedItselfHasItsIndexAsVersion) {
  present_[{0, "k"}] = "old";
  Mutation first = Set("k", "1");
  Mutation second = Set("k", "2");
  first.want_previous = second.want_previous = true;
  ASSERT_TRUE(Decide({first, second}).ok());
  batch_.SetIndex(42);
  const auto& results = batch_.results();
  EXPECT_EQ(results[0].previous->version, 7u);
  EXPECT_EQ(results[1].previous->version, 42u);
  EXPECT_EQ(results[1].previous->value, "1");
  EXPECT_EQ(results[1].index, 42u);
}

TEST_F(BatchTest, TheSameKeyInTwoDatabasesIsTwoKeys) {
  ASSERT_TRUE(Decide({Set("k", "three", 3), Set("k", "zero")}).ok());
  EXPECT_EQ(Effects(), (Strings{"3/k=three", "0/k=zero"}));
}

TEST_F(BatchTest, OneConditionThatDoesNotHoldTakesAllWithIt) {
  Mutation check{.kind = Kind::kCheck, .key = "k"};
  check.existence = Mutation::Existence::kPresent;
  const absl::Status s = Decide({Set("a", "1"), check});
  EXPECT_EQ(s.code(), absl::StatusCode::kAborted);
  EXPECT_NE(s.message().find("operation 1"), std::string::npos) << s;
}

TEST_F(BatchTest, SoDoesOneThatFails) {
  present_[{0, "text"}] = "abc";
  EXPECT_EQ(Decide({Set("a", "1"), Increment("text")}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(BatchTest, ConditionsAreOnWhatTheBatchHasMadeOfAKey) {
  Mutation create = Set("k", "new");
  create.existence = Mutation::Existence::kAbsent;
  EXPECT_TRUE(Decide({create}).ok());
  EXPECT_EQ(Decide({create, create}).code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(Decide({create, Delete("k"), create}).ok());
  present_[{0, "k"}] = "old";
  Mutation same = Set("k", "new");
  same.version = 7;
  EXPECT_TRUE(Decide({same}).ok());
  EXPECT_EQ(Decide({same, same}).code(), absl::StatusCode::kAborted)
      << "its version is another now";
}

TEST_F(BatchTest, RenameMovesValueAndExpiry) {
  present_[{0, "a"}] = "v";
  present_[{0, "b"}] = "overwritten";
  ASSERT_TRUE(Decide({Rename("a", "b")}).ok());
  EXPECT_EQ(Effects(), (Strings{"0/a deleted", "0/b=v until 5000"}));
  ASSERT_TRUE(Decide({Rename("a", "c"), Rename("c", "d")}).ok());
  EXPECT_EQ(Effects(),
            (Strings{"0/a deleted", "0/c deleted", "0/d=v until 5000"}));
}

TEST_F(BatchTest, RenameToItselfChangesNothing) {
  present_[{0, "a"}] = "v";
  ASSERT_TRUE(Decide({Rename("a", "a")}).ok());
  EXPECT_TRUE(batch_.results()[0].applied);
  EXPECT_TRUE(batch_.empty());
  EXPECT_EQ(Decide({Rename("x", "x")}).code(), absl::StatusCode::kNotFound);
}

TEST_F(BatchTest, TheConditionsOfARenameAreOnTheNewName) {
  present_[{0, "a"}] = "v";
  Mutation rename = Rename("a", "b");
  rename.existence = Mutation::Existence::kAbsent;
  EXPECT_TRUE(Decide({rename}).ok());
  present_[{0, "b"}] = "there";
  EXPECT_EQ(Decide({rename}).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Decide({Rename("none", "b")}).code(), absl::StatusCode::kNotFound);
}

TEST_F(BatchTest, NothingToChangeIsAnEmptyBatch) {
  ASSERT_TRUE(
      Decide({Delete("none"), {.kind = Kind::kCheck, .key = "k"}}).ok());
  EXPECT_TRUE(batch_.empty());
  EXPECT_FALSE(batch_.results()[0].applied);
  EXPECT_TRUE(batch_.results()[1].applied);
  EXPECT_TRUE(Decide({}).ok());
}

}  // namespace
}  // namespace vigil::engine
