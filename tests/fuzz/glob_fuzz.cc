// Globs: the same answer as the obvious recursion, and never after a long time (the
// fuzzer's time limit holds that for the texts that are too long for the recursion).
#include <algorithm>

#include "engine/glob.h"
#include "tests/fuzz/fuzz_target.h"

namespace vigil::fuzz {
namespace {

unsigned char Unsigned(char c) { return static_cast<unsigned char>(c); }

// What is behind '[': from `at` on. Says where the pattern goes on.
bool InClass(std::string_view pattern, size_t& at, char c) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool in = false;
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      in |= pattern[++at] == c;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      const unsigned char a = Unsigned(pattern[at]);
      const unsigned char b = Unsigned(pattern[at + 2]);
      in |= std::min(a, b) <= Unsigned(c) && Unsigned(c) <= std::max(a, b);
      at += 2;
    } else {
      in |= pattern[at] == c;
    }
  }
  at = std::min(at + 1, pattern.size());
  return in != negated;
}

bool Matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return Matches(pattern.substr(1), text) ||
           (!text.empty() && Matches(pattern, text.substr(1)));
  }
  if (text.empty()) return false;
  size_t at = 1;
  bool one = pattern[0] == text[0];
  if (pattern[0] == '?') {
    one = true;
  } else if (pattern[0] == '[') {
    one = InClass(pattern, at, text[0]);
  } else if (pattern[0] == '\\' && pattern.size() > 1) {
    one = pattern[1] == text[0];
    at = 2;
  }
  return one && Matches(pattern.substr(at), text.substr(1));
}

}  // namespace

void TryOne(std::string_view bytes) {
  const size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view pattern = bytes.substr(0, end);
  const std::string_view text = bytes.substr(std::min(end + 1, bytes.size()));
  const bool matches = engine::GlobMatches(pattern, text);
  if (std::count(pattern.begin(), pattern.end(), '*') > 3 || text.size() > 30)
    return;
  Require(matches == Matches(pattern, text), "the same as the recursion");
}

std::vector<std::string> Seeds() {
  return {"*\n",
          "h?llo*\nhello world",
          "h[ae]l*o\nhallo",
          "[^a-c]*[x\nd]x",
          "[a-]b]\n_",
          "[\\]-z]\n]",
          "a\\*b\\\na*b\\",
          "user:*:[0-9]*\nuser:x:17",
          "*a*a*a*b\n" + std::string(60, 'a'),
          std::string(200, '*') + "b\n" + std::string(2000, 'a')};
}

}  // namespace vigil::fuzz
