#include "examples/three_node_demo/package_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace vigil::demo {
namespace {

// Takes the next line, without its newline, off the front of `text`.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// The value of "Name: value" if `line` is that field.
std::optional<std::string> FieldOf(std::string_view line,
                                   std::string_view name) {
  if (!line.starts_with(name) || !line.substr(name.size()).starts_with(": ")) {
    return std::nullopt;
  }
  return std::string(line.substr(name.size() + 2));
}

struct Stanza {
  std::string name;
  std::string architecture;
  std::string text;
  int line = 0;  // where it begins
};

absl::Status AddPackage(const Stanza& stanza,
                        absl::flat_hash_set<std::string>& keys,
                        std::vector<InputRecord>& out) {
  if (stanza.name.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "line %d: a stanza without \"Package: \"", stanza.line));
  }
  std::string key = absl::StrCat("pkg:", stanza.name);
  if (keys.contains(key)) absl::StrAppend(&key, ":", stanza.architecture);
  if (!keys.insert(key).second) {
    return absl::InvalidArgumentError(
        absl::StrFormat("line %d: %s a second time", stanza.line, key));
  }
  out.push_back({std::move(key), stanza.text});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<InputRecord>> ParsePackages(std::string_view text) {
  std::vector<InputRecord> out;
  absl::flat_hash_set<std::string> keys;
  Stanza stanza;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = TakeLine(text);
    if (!line.empty()) {
      if (stanza.text.empty()) stanza.line = number;
      if (auto name = FieldOf(line, "Package")) stanza.name = *name;
      if (auto name = FieldOf(line, "Architecture"))
        stanza.architecture = *name;
      stanza.text.append(line).append("\n");
    }
    if ((line.empty() || text.empty()) && !stanza.text.empty()) {
      if (absl::Status s = AddPackage(stanza, keys, out); !s.ok()) return s;
      stanza = Stanza();
    }
  }
  return out;
}

absl::StatusOr<std::vector<InputRecord>> ParseTabSeparated(
    std::string_view text) {
  std::vector<InputRecord> out;
  absl::flat_hash_set<std::string> keys;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = TakeLine(text);
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos || tab == 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("line %d: not key<TAB>value", number));
    }
    InputRecord record{std::string(line.substr(0, tab)),
                       std::string(line.substr(tab + 1))};
    if (!keys.insert(record.key).second) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "line %d: the key %s a second time", number, record.key));
    }
    out.push_back(std::move(record));
  }
  return out;
}

absl::StatusOr<std::vector<InputRecord>> ReadInput(const std::string& path) {
  if (std::filesystem::is_directory(path)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a directory"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad() || text.bad()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  }
  const std::string content = text.str();
  auto records = path.ends_with("/status") ? ParsePackages(content)
                                           : ParseTabSeparated(content);
  if (!records.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", records.status().message()));
  }
  return records;
}

}  // namespace vigil::demo
