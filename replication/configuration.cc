#include "replication/configuration.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "replication/text.h"

namespace vigil::replication {

const Member* Configuration::Find(std::string_view name) const {
  const auto it = std::find_if(members.begin(), members.end(),
                               [&](const Member& m) { return m.name == name; });
  return it == members.end() ? nullptr : &*it;
}

const Member* Configuration::Find(NodeId id) const {
  if (!id) return nullptr;
  const auto it = std::find_if(members.begin(), members.end(),
                               [&](const Member& m) { return m.id == id; });
  return it == members.end() ? nullptr : &*it;
}

bool SameMembers(const Configuration& a, const Configuration& b) {
  return a.size() == b.size() &&
         std::all_of(a.members.begin(), a.members.end(), [&](const Member& m) {
           const Member* other = b.Find(m.name);
           return other != nullptr && other->address == m.address;
         });
}

std::string ToString(const Configuration& configuration) {
  std::string text;
  for (const Member& m : configuration.members) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", m.name, " at ", m.address);
  }
  return text;
}

std::string EncodeConfiguration(const Configuration& configuration) {
  std::string text = absl::StrCat("version ", configuration.version, "\n");
  for (const Member& m : configuration.members) {
    absl::StrAppend(&text, "member ", m.name, " ", m.address, " ",
                    ToString(m.id), "\n");
  }
  return text;
}

absl::StatusOr<Configuration> DecodeConfiguration(std::string_view bytes) {
  Configuration configuration;
  for (const auto& words : SplitLines(bytes)) {
    if (words.size() == 2 && words[0] == "version") {
      const auto version = ParseNumber(words[1]);
      if (!version) return absl::DataLossError("configuration: bad version");
      configuration.version = *version;
    } else if (words.size() == 4 && words[0] == "member") {
      const auto id = ParseHex(words[3]);
      if (!id) return absl::DataLossError("configuration: bad member id");
      configuration.members.push_back({words[1], words[2], NodeId{*id}});
    } else {
      return absl::DataLossError("configuration: unknown line");
    }
  }
  if (configuration.members.empty()) {
    return absl::DataLossError("configuration: no members");
  }
  return configuration;
}

}  // namespace vigil::replication
