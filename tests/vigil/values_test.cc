#include "vigil/values.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vigil {
namespace {

TEST(Values, WhatWasNotFoundIsNotThere) {
  Values values(2);
  values.Put(1, {.data = "one", .version = 7});
  ASSERT_EQ(values.size(), 2u);
  EXPECT_FALSE(values[0].has_value());
  EXPECT_EQ(values[1]->data, "one");
  EXPECT_EQ(values[1]->version, 7u);
  EXPECT_EQ(values[1]->expires_at, absl::InfiniteFuture());
  EXPECT_TRUE(Values().empty());
}

// Short ones and one larger than any block; ASan knows whose bytes they are.
TEST(Values, AViewStaysWhateverIsAddedOrMoved) {
  std::vector<std::string> expected;
  for (size_t i = 0; i < 500; ++i)
    expected.emplace_back(i % 97, static_cast<char>('a' + i % 26));
  expected[250].assign(100'000, 'x');
  Values values(expected.size());
  std::vector<ValueView> views;
  for (size_t i = 0; i < expected.size(); ++i) {
    std::string gone = expected[i];
    values.Put(i, {.data = gone});
    views.push_back(*values[i]);
  }
  const Values moved = std::move(values);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(views[i].data, expected[i]);
    EXPECT_EQ(moved[i]->data.data(), views[i].data.data());
  }
  size_t found = 0;
  for (const std::optional<ValueView>& value : moved)
    found += value.has_value();
  EXPECT_EQ(found, expected.size());
}

}  // namespace
}  // namespace vigil
