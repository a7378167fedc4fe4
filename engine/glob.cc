#include "engine/glob.h"

#include <utility>

namespace vigil::engine {
namespace {

// Takes a class, behind its '[', off `pattern`. Whether `c` is in it. As in Redis an
// escaped byte does not begin a range, and the end of one is taken as it stands, even
// if it is ']' or '\\'.
bool TakeClass(std::string_view& pattern, unsigned char c) {
  const bool negated = !pattern.empty() && pattern[0] == '^';
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  while (!pattern.empty() && pattern[0] != ']') {
    const bool escaped = pattern[0] == '\\' && pattern.size() >= 2;
    const bool range = !escaped && pattern.size() >= 3 && pattern[1] == '-';
    if (escaped) pattern.remove_prefix(1);
    auto low = static_cast<unsigned char>(pattern[0]);
    auto high = static_cast<unsigned char>(pattern[range ? 2 : 0]);
    if (low > high) std::swap(low, high);
    found = found || (low <= c && c <= high);
    pattern.remove_prefix(range ? 3 : 1);
  }
  if (!pattern.empty()) pattern.remove_prefix(1);
  return found != negated;
}

// Takes what stands for one byte off `pattern`. Whether `c` matches it.
bool TakeOne(std::string_view& pattern, char c) {
  const char first = pattern[0];
  pattern.remove_prefix(1);
  if (first == '?') return true;
  if (first == '[') return TakeClass(pattern, static_cast<unsigned char>(c));
  if (first != '\\' || pattern.empty()) return first == c;
  const char escaped = pattern[0];
  pattern.remove_prefix(1);
  return escaped == c;
}

}  // namespace

// On a mismatch only the last star has to take one byte more: what an earlier one
// could take instead, the last one can as well.
bool GlobMatches(std::string_view pattern, std::string_view text) {
  bool starred = false;
  std::string_view after_star;
  std::string_view taken_from;
  for (;;) {
    if (!pattern.empty() && pattern[0] == '*') {
      pattern.remove_prefix(1);
      starred = true;
      after_star = pattern;
      taken_from = text;
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    if (!text.empty() && !pattern.empty() && TakeOne(pattern, text[0])) {
      text.remove_prefix(1);
      continue;
    }
    if (!starred || taken_from.empty()) return false;
    taken_from.remove_prefix(1);
    pattern = after_star;
    text = taken_from;
  }
}

}  // namespace vigil::engine
