#include "replication/member_state.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "replication/text.h"

namespace vigil::replication {
namespace {

constexpr std::string_view kFormat = "vigil-member 1\n";

// One "word value..." line into `state`; false when it is not understood.
bool ReadLine(const std::vector<std::string>& words, MemberState& state,
              std::vector<History::Entry>& history) {
  const std::string& word = words[0];
  if (word == "epoch" && words.size() == 3) {
    const auto epoch = ParseEpoch(words[1]);
    const auto first = ParseNumber(words[2]);
    if (!epoch || !first) return false;
    history.push_back({*epoch, *first});
    return true;
  }
  if (words.size() != 2) return false;
  const std::string& value = words[1];
  if (word == "group") {
    state.group = value;
  } else if (word == "name") {
    state.name = value;
  } else if (word == "boot") {
    state.boot = value;
  } else if (word == "formed") {
    state.formed = value == "1";
  } else if (word == "promise") {
    const auto epoch = ParseEpoch(value);
    if (!epoch) return false;
    state.promise = *epoch;
  } else if (word == "id" || word == "lineage") {
    const auto number = ParseHex(value);
    if (!number) return false;
    if (word == "id") state.id = NodeId{*number};
    if (word == "lineage") state.lineage = Lineage{*number};
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string EncodeMemberState(const MemberState& state) {
  std::string text(kFormat);
  absl::StrAppend(&text, "group ", state.group, "\nname ", state.name);
  absl::StrAppend(&text, "\nid ", ToString(state.id));
  absl::StrAppend(&text, "\nlineage ", ToString(state.lineage));
  absl::StrAppend(&text, "\npromise ", ToString(state.promise));
  absl::StrAppend(&text, "\nformed ", state.formed ? 1 : 0);
  absl::StrAppend(&text, "\nboot ", state.boot, "\n");
  for (const History::Entry& entry : state.history.entries()) {
    absl::StrAppend(&text, "epoch ", ToString(entry.epoch), " ",
                    entry.first_index, "\n");
  }
  // Last, because a configuration is a text of its own.
  for (const auto& [index, configuration] : state.configurations.entries()) {
    absl::StrAppend(&text, "configuration ", index, "\n",
                    EncodeConfiguration(configuration));
  }
  if (state.appending.has_value()) {
    absl::StrAppend(&text, "appending ", state.appending->after, "\n",
                    EncodeConfiguration(state.appending->configuration));
  }
  return text;
}

namespace {

// The texts behind "configuration index" and "appending after", in their order.
absl::Status ReadConfigurations(std::string_view text, MemberState& state) {
  std::vector<ConfigurationLog::Entry> entries;
  while (!text.empty()) {
    const size_t line_end = text.find('\n');
    if (line_end == std::string_view::npos) break;
    const auto lines = SplitLines(text.substr(0, line_end));
    text.remove_prefix(line_end + 1);
    if (lines.empty() || lines[0].size() > 2) break;
    const auto& words = lines[0];
    // The first format had one, and did not say where.
    const auto at =
        words.size() == 1 ? std::optional<uint64_t>(0) : ParseNumber(words[1]);
    const size_t next =
        std::min(text.find("\nconfiguration "), text.find("\nappending "));
    const size_t size = next == std::string_view::npos ? text.size() : next + 1;
    auto configuration = DecodeConfiguration(text.substr(0, size));
    if (!configuration.ok()) return configuration.status();
    text.remove_prefix(size);
    if (!at.has_value() || state.appending.has_value()) break;
    if (words[0] == "configuration") {
      entries.push_back({*at, *std::move(configuration)});
    } else if (words[0] == "appending") {
      state.appending = {*at, *std::move(configuration)};
    } else {
      break;
    }
    if (text.empty()) {
      state.configurations = ConfigurationLog(std::move(entries));
      return absl::OkStatus();
    }
  }
  return absl::DataLossError("member state: no configuration");
}

}  // namespace

absl::StatusOr<MemberState> DecodeMemberState(std::string_view bytes) {
  constexpr std::string_view kTail = "\nconfiguration";
  const size_t tail = bytes.find(kTail);
  if (!bytes.starts_with(kFormat) || tail == std::string_view::npos) {
    return absl::DataLossError("member state: not one, or of another format");
  }
  MemberState state;
  std::vector<History::Entry> history;
  for (const auto& words :
       SplitLines(bytes.substr(kFormat.size(), tail - kFormat.size()))) {
    if (!ReadLine(words, state, history)) {
      return absl::DataLossError(
          absl::StrCat("member state: bad line '", words[0], "'"));
    }
  }
  state.history = History(std::move(history));
  if (absl::Status read = ReadConfigurations(bytes.substr(tail + 1), state);
      !read.ok()) {
    return read;
  }
  if (!state.id || state.group.empty()) {
    return absl::DataLossError("member state: no identity");
  }
  return state;
}

}  // namespace vigil::replication
