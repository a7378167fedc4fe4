#include "replication/configuration.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "replication/text.h"

namespace vigil::replication {
namespace {

using Members = std::vector<Member>;

int CommitQuorum(const Members& members) {
  return static_cast<int>(members.size()) / 2 + 1;
}

int FenceQuorum(const Members& members) {
  return static_cast<int>(members.size()) - CommitQuorum(members) + 1;
}

bool Reach(const Members& members, int quorum, Configuration::Test has) {
  return std::count_if(members.begin(), members.end(), has) >= quorum;
}

uint64_t AgreedOf(const Members& members,
                  absl::FunctionRef<uint64_t(const Member&)> value) {
  if (members.empty()) return 0;
  std::vector<uint64_t> values;
  values.reserve(members.size());
  for (const Member& m : members) values.push_back(value(m));
  const auto nth = values.begin() + (CommitQuorum(members) - 1);
  std::nth_element(values.begin(), nth, values.end(), std::greater<>());
  return *nth;
}

template <typename Match>
const Member* FindIn(const Members& members, Match match) {
  const auto it = std::find_if(members.begin(), members.end(), match);
  return it == members.end() ? nullptr : &*it;
}

void AppendLines(std::string_view word, const Members& members,
                 std::string& text) {
  for (const Member& m : members) {
    absl::StrAppend(&text, absl::string_view(word.data(), word.size()), " ",
                    m.name, " ", m.address, " ", ToString(m.id), "\n");
  }
}

Members* ListOf(std::string_view word, Configuration& configuration) {
  if (word == "member") return &configuration.members;
  if (word == "before") return &configuration.before;
  if (word == "reader") return &configuration.readers;
  return nullptr;
}

}  // namespace

const Member* Configuration::Find(std::string_view name) const {
  const auto match = [&](const Member& m) { return m.name == name; };
  const Member* found = FindIn(members, match);
  return found != nullptr ? found : FindIn(before, match);
}

const Member* Configuration::Find(NodeId id) const {
  if (!id) return nullptr;
  const auto match = [&](const Member& m) { return m.id == id; };
  const Member* found = FindIn(members, match);
  return found != nullptr ? found : FindIn(before, match);
}

std::vector<Member> Configuration::voters() const {
  Members all = members;
  for (const Member& m : before) {
    if (std::find(all.begin(), all.end(), m) == all.end()) all.push_back(m);
  }
  return all;
}

std::vector<Member> Configuration::everybody() const {
  Members all = voters();
  all.insert(all.end(), readers.begin(), readers.end());
  return all;
}

bool Configuration::IsCommitQuorum(Test has) const {
  return Reach(members, CommitQuorum(members), has) &&
         (!joint() || Reach(before, CommitQuorum(before), has));
}

bool Configuration::IsFenceQuorum(Test has) const {
  return !members.empty() && Reach(members, FenceQuorum(members), has) &&
         (!joint() || Reach(before, FenceQuorum(before), has));
}

bool Configuration::IsAll(Test has) const {
  return !members.empty() && std::all_of(members.begin(), members.end(), has) &&
         std::all_of(before.begin(), before.end(), has);
}

uint64_t Configuration::Agreed(
    absl::FunctionRef<uint64_t(const Member&)> value) const {
  const uint64_t agreed = AgreedOf(members, value);
  return joint() ? std::min(agreed, AgreedOf(before, value)) : agreed;
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
  AppendLines("member", configuration.members, text);
  AppendLines("before", configuration.before, text);
  AppendLines("reader", configuration.readers, text);
  return text;
}

absl::StatusOr<Configuration> DecodeConfiguration(std::string_view bytes) {
  Configuration configuration;
  for (const auto& words : SplitLines(bytes)) {
    Members* list = ListOf(words[0], configuration);
    if (words.size() == 2 && words[0] == "version") {
      const auto version = ParseNumber(words[1]);
      if (!version) return absl::DataLossError("configuration: bad version");
      configuration.version = *version;
    } else if (words.size() == 4 && list != nullptr) {
      const auto id = ParseHex(words[3]);
      if (!id) return absl::DataLossError("configuration: bad member id");
      list->push_back({words[1], words[2], NodeId{*id}});
    } else {
      return absl::DataLossError("configuration: unknown line");
    }
  }
  // Who joins a group does not know its members yet.
  if (configuration.members.empty() &&
      (configuration.version > 0 || bytes.empty())) {
    return absl::DataLossError("configuration: no members");
  }
  return configuration;
}

}  // namespace vigil::replication
