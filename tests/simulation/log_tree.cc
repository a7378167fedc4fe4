#include "tests/simulation/log_tree.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace vigil::simulation {
namespace {

constexpr size_t kReadBytes = 1 << 20;

void Apply(const engine::RecordView& record, Content& content) {
  engine::ForEachEffect(record, [&](const engine::RecordView& effect) {
    if (effect.database != 0) return;
    const std::string key(effect.key);
    if (effect.type == engine::RecordType::kSet) {
      content[key] = {std::string(effect.value), record.index,
                      effect.expires_at.ms};
    } else if (effect.type == engine::RecordType::kDelete) {
      content.erase(key);
    }
  });
}

std::string Text(const Value& value) {
  return absl::StrCat("'", value.value, "' of ", value.version);
}

}  // namespace

std::optional<size_t> LogTree::IndexOf(const Lineage& lineage,
                                       const Position& at) const {
  const auto found = index_.find({lineage, at});
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

std::string LogTree::Learn(const engine::Engine& engine, const Branch& branch,
                           uint64_t first) {
  size_t before = kNone;
  if (first > 1) {
    const auto at =
        IndexOf(branch.lineage, branch.history.PositionAt(first - 1));
    if (!at) {
      return absl::StrCat("nobody ever had the record at ",
                          ToString(branch.history.PositionAt(first - 1)));
    }
    before = *at;
  }
  for (uint64_t next = first; next <= branch.last;) {
    const auto slice = engine.ReadLog(next, kReadBytes);
    if (!slice.ok()) return std::string(slice.status().message());
    const auto records = engine::DecodeRun(slice->records, next);
    if (!records.ok()) return std::string(records.status().message());
    for (const engine::EncodedRecord& each : *records) {
      const Position at = branch.history.PositionAt(each.record.index);
      if (!at.epoch)
        return absl::StrCat("record ", at.index, " is of no epoch");
      const auto [known, is_new] =
          index_.emplace(std::pair(branch.lineage, at), records_.size());
      if (is_new) {
        records_.push_back({at, before, std::string(each.bytes)});
      } else if (const Record& there = records_[known->second];
                 there.before != before || there.bytes != each.bytes) {
        return absl::StrCat("two logs differ at ", ToString(at));
      }
      before = known->second;
    }
    next = slice->last + 1;
  }
  return {};
}

std::string LogTree::Compare(const engine::Engine& engine, const Branch& branch,
                             WallTime wall) {
  uint64_t first = branch.last + 1;
  while (first > 1 && engine.ReadLog(first - 1, 1).ok()) --first;
  if (std::string wrong = Learn(engine, branch, first); !wrong.empty())
    return wrong;
  Content have;
  engine.ForEach([&](std::string_view key, const engine::Entry& entry) {
    have[std::string(key)] = {entry.value, entry.version, entry.expires_at.ms};
  });
  Content want = ContentAt(branch);
  // Hidden by every node's own clock, whatever it says.
  std::erase_if(want, [&](const auto& each) {
    return each.second.expires_ms != 0 && each.second.expires_ms <= wall.ms;
  });
  for (const auto& [key, value] : want) {
    const auto at = have.find(key);
    if (at == have.end()) return absl::StrCat("key ", key, " is missing");
    if (at->second != value) {
      return absl::StrCat("key ", key, " is ", Text(at->second), ", not ",
                          Text(value));
    }
  }
  for (const auto& [key, value] : have) {
    if (!want.contains(key))
      return absl::StrCat("key ", key, " is ", Text(value), ", but deleted");
  }
  return {};
}

const std::string* LogTree::Find(const Lineage& lineage,
                                 const Position& at) const {
  const auto found = IndexOf(lineage, at);
  return found ? &records_[*found].bytes : nullptr;
}

std::vector<size_t> LogTree::PathTo(const Branch& branch) const {
  std::vector<size_t> path;
  const auto last =
      IndexOf(branch.lineage, branch.history.PositionAt(branch.last));
  for (size_t at = last.value_or(kNone); at != kNone; at = records_[at].before)
    path.push_back(at);
  std::reverse(path.begin(), path.end());
  return path;
}

Content LogTree::ContentAt(const Branch& branch) const {
  Content content;
  ForEach(branch,
          [&](const Position&, const auto& record) { Apply(record, content); });
  return content;
}

}  // namespace vigil::simulation
