#include "replication/text.h"

#include <charconv>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace vigil::replication {

std::vector<std::vector<std::string>> SplitLines(std::string_view text) {
  std::vector<std::vector<std::string>> lines;
  const absl::string_view all(text.data(), text.size());
  for (absl::string_view line : absl::StrSplit(all, '\n', absl::SkipEmpty())) {
    std::vector<std::string> words =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (!words.empty()) lines.push_back(std::move(words));
  }
  return lines;
}

namespace {

std::optional<uint64_t> Parse(std::string_view word, int base) {
  uint64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<uint64_t> ParseNumber(std::string_view word) {
  return Parse(word, 10);
}

std::optional<uint64_t> ParseHex(std::string_view word) {
  return Parse(word, 16);
}

std::optional<Epoch> ParseEpoch(std::string_view word) {
  const size_t dot = word.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto number = ParseNumber(word.substr(0, dot));
  const auto leader = ParseHex(word.substr(dot + 1));
  if (!number || !leader) return std::nullopt;
  return Epoch{*number, NodeId{*leader}};
}

}  // namespace vigil::replication
