#include "replication/dropped_tail.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/databases.h"
#include "engine/record.h"
#include "replication/text.h"

namespace vigil::replication {
namespace {

constexpr std::string_view kFormat = "vigil-dropped 1\n";

// One line of the head into `tail`; false when it is not understood.
bool ReadLine(const std::vector<std::string>& words, DroppedTail& tail,
              std::vector<History::Entry>& history) {
  const std::string& word = words[0];
  if (word == "epoch" && words.size() == 3) {
    const auto epoch = ParseEpoch(words[1]);
    const auto first = ParseNumber(words[2]);
    if (epoch && first) history.push_back({*epoch, *first});
    return epoch && first;
  }
  if (words.size() != 2) return false;
  if (word == "databases") {
    for (const char c : words[1]) {
      if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return false;
    }
    tail.databases = absl::HexStringToBytes(words[1]);
    return words[1].size() % 2 == 0;
  }
  const auto number = ParseNumber(words[1]);
  if (!number) return false;
  if (word == "first") {
    tail.first = *number;
  } else if (word == "last") {
    tail.last = *number;
  } else if (word == "records") {
    tail.records = *number;
  } else if (word == "unread") {
    tail.unread = *number;
  } else if (word == "durable") {
    tail.durable = *number;
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool IsWrite(const engine::RecordView& effect) {
  return !effect.key.empty() && (effect.database != engine::kOwnDatabase ||
                                 engine::ConcernsDatabases(effect.key));
}

std::string EncodeDroppedTail(const DroppedTail& tail) {
  std::string text(kFormat);
  absl::StrAppend(&text, "first ", tail.first, "\nlast ", tail.last);
  absl::StrAppend(&text, "\nrecords ", tail.records);
  absl::StrAppend(&text, "\nunread ", tail.unread);
  absl::StrAppend(&text, "\ndurable ", tail.durable, "\n");
  if (!tail.databases.empty()) {
    absl::StrAppend(&text, "databases ", absl::BytesToHexString(tail.databases),
                    "\n");
  }
  for (const History::Entry& entry : tail.history.entries()) {
    absl::StrAppend(&text, "epoch ", ToString(entry.epoch), " ",
                    entry.first_index, "\n");
  }
  std::string head;
  engine::EncodeRecord({.type = engine::RecordType::kConfiguration,
                        .index = tail.first,
                        .value = text},
                       head);
  return head;
}

absl::StatusOr<DroppedTail> TakeDroppedTail(std::string_view& bytes) {
  std::string_view rest = bytes;
  const auto head = engine::DecodeRecord(rest);
  if (!head.ok()) return head.status();
  if (head->type != engine::RecordType::kConfiguration ||
      !head->value.starts_with(kFormat)) {
    return absl::DataLossError("not a file of dropped writes");
  }
  DroppedTail tail;
  std::vector<History::Entry> history;
  for (const auto& words : SplitLines(head->value.substr(kFormat.size()))) {
    if (!ReadLine(words, tail, history)) {
      return absl::DataLossError(
          absl::StrCat("dropped writes: bad line '", words[0], "'"));
    }
  }
  tail.history = History(std::move(history));
  if (tail.first == 0 || tail.first != head->index || tail.last < tail.first)
    return absl::DataLossError("dropped writes: their range is impossible");
  bytes = rest;
  return tail;
}

}  // namespace vigil::replication
