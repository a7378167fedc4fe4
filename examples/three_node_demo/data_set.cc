#include "examples/three_node_demo/data_set.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/three_node_demo/escape.h"

namespace vigil::demo {
namespace {

absl::Status FileError(const std::string& path) {
  return absl::InternalError(absl::StrCat(path, ": ", std::strerror(errno)));
}

std::string LineOf(std::string_view key, const Value& value) {
  std::string line;
  AppendEscaped(line, key);
  absl::StrAppend(&line, "\t", value.version, "\t",
                  value.expires_at == absl::InfiniteFuture()
                      ? 0
                      : absl::ToUnixMillis(value.expires_at),
                  "\t");
  AppendEscaped(line, value.data);
  line += '\n';
  return line;
}

std::optional<DataSetEntry> EntryOf(std::string_view line) {
  const size_t first = line.find('\t');
  const size_t last = line.rfind('\t');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  auto key = Unescaped(line.substr(0, first));
  auto value = Unescaped(line.substr(last + 1));
  uint64_t version = 0;
  const char* number = line.data() + first + 1;
  const auto [rest, error] =
      std::from_chars(number, line.data() + last, version);
  if (!key || !value || error != std::errc() || *rest != '\t')
    return std::nullopt;
  return DataSetEntry{*std::move(key), *std::move(value), version};
}

std::string Shortened(const std::string& line) {
  constexpr size_t kShown = 160;
  return line.size() <= kShown ? line : line.substr(0, kShown) + "...";
}

}  // namespace

absl::StatusOr<uint64_t> DumpDataSet(const Node& node,
                                     const std::string& path) {
  std::vector<std::string> keys;
  node.ForEach(
      [&](std::string_view key, const Value&) { keys.emplace_back(key); });
  std::sort(keys.begin(), keys.end());

  std::ofstream file(path, std::ios::binary);
  for (const std::string& key : keys) {
    const auto value = node.Get(key);
    if (!value.ok()) {
      return absl::InternalError(absl::StrCat("ForEach visited ", key,
                                              " but Get says ",
                                              value.status().ToString()));
    }
    file << LineOf(key, *value);
  }
  file.close();
  if (!file) return FileError(path);
  return keys.size();
}

absl::Status ReadDataSet(
    const std::string& path,
    const std::function<void(const DataSetEntry&)>& visit) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return FileError(path);
  for (std::string line; std::getline(file, line);) {
    const auto entry = EntryOf(line);
    if (!entry) {
      return absl::InternalError(
          absl::StrCat(path, ": not a line of a data set: ", Shortened(line)));
    }
    visit(*entry);
  }
  return file.bad() ? FileError(path) : absl::OkStatus();
}

absl::StatusOr<std::string> FirstDifference(const std::string& path,
                                            const std::string& other) {
  std::ifstream left(path, std::ios::binary);
  std::ifstream right(other, std::ios::binary);
  if (!left) return FileError(path);
  if (!right) return FileError(other);
  std::string a, b;
  for (int number = 1;; ++number) {
    const bool more_left = static_cast<bool>(std::getline(left, a));
    const bool more_right = static_cast<bool>(std::getline(right, b));
    if (left.bad()) return FileError(path);
    if (right.bad()) return FileError(other);
    if (!more_left && !more_right) return std::string();
    if (more_left && more_right && a == b) continue;
    return absl::StrFormat("line %d: %s | %s", number,
                           more_left ? Shortened(a) : "(end)",
                           more_right ? Shortened(b) : "(end)");
  }
}

}  // namespace vigil::demo
