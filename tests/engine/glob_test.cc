// Patterns as Redis' KEYS and SCAN read them (stringmatchlen in its util.c).
#include "engine/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace vigil::engine {
namespace {

TEST(Glob, Table) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } table[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"abc", "abc", true},
      {"abc", "abcd", false},
      {"*", "", true},
      {"*", "anything", true},
      {"**", "a", true},
      {"a*", "a", true},
      {"a*c", "abbbc", true},
      {"a*c", "abbbd", false},
      {"*a*b", "xaxab", true},
      {"*.txt", "a.txt.bak", false},
      {"?", "", false},
      {"?", "a", true},
      {"h?llo", "hello", true},
      {"h?llo", "hllo", false},
      // classes
      {"h[ae]llo", "hallo", true},
      {"h[ae]llo", "hillo", false},
      {"h[^e]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"[a-c]", "b", true},
      {"[c-a]", "b", true},
      {"[a-c]", "d", false},
      {"[a-]", "-", false},  // to ']', and the class is not finished
      {"[a-]", "^", true},
      {"[-a]", "-", true},
      {"[\\]]", "]", true},
      {"[\\a-c]", "b", false},  // an escape begins no range
      {"[\\a-c]", "-", true},
      {"[]", "]", false},
      {"[^]", "x", true},
      {"[^]", "", false},
      {"[abc", "b", true},
      {"[", "[", false},
      {"[^", "x", true},
      // escapes
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\\?", "?", true},
      {"\\a", "a", true},
      {"a\\", "a\\", true},
      {"\\[a]", "[a]", true},
  };
  for (const auto& row : table) {
    EXPECT_EQ(GlobMatches(row.pattern, row.text), row.matches)
        << row.pattern << " on " << row.text;
  }
}

TEST(Glob, BytesAreBytes) {
  EXPECT_TRUE(
      GlobMatches(std::string_view("a\0?", 3), std::string_view("a\0b", 3)));
  EXPECT_TRUE(GlobMatches("[\x7f-\xff]", "\x80"));
  EXPECT_FALSE(GlobMatches("[a-\xff]", "A"));
}

// Redis needed a fix for this one (CVE-2022-36021): it took exponential time.
TEST(Glob, ManyStarsTakeNoLongerThanPatternTimesText) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "a*";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(10'000, 'a')));
}

}  // namespace
}  // namespace vigil::engine
