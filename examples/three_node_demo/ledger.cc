#include "examples/three_node_demo/ledger.h"

#include <algorithm>
#include <functional>

#include "absl/container/flat_hash_set.h"
#include "examples/three_node_demo/data_set.h"

namespace vigil::demo {
namespace {

size_t HashOf(std::string_view value) {
  return std::hash<std::string_view>()(value);
}

}  // namespace

void Ledger::Tried(const std::string& key, std::string_view value) {
  ++tried_;
  entries_[key].open.push_back(HashOf(value));
}

void Ledger::Acknowledged(const std::string& key) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || entry->second.open.empty()) return;
  ++acknowledged_;
  entry->second.acknowledged = entry->second.open.back();
  entry->second.open.clear();
}

void Ledger::Refused(const std::string& key) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || entry->second.open.empty()) return;
  ++refused_;
  entry->second.open.pop_back();
}

bool Ledger::Explains(const Entry& entry, size_t value_hash) {
  return entry.acknowledged == value_hash ||
         std::find(entry.open.begin(), entry.open.end(), value_hash) !=
             entry.open.end();
}

absl::StatusOr<Findings> Ledger::Check(const std::string& path) const {
  Findings findings;
  absl::flat_hash_set<std::string> present;
  const absl::Status read = ReadDataSet(path, [&](const DataSetEntry& found) {
    present.insert(found.key);
    const auto entry = entries_.find(found.key);
    if (entry == entries_.end()) {
      findings.unexpected.push_back(found.key);
    } else if (!Explains(entry->second, HashOf(found.value))) {
      (entry->second.acknowledged ? findings.lost : findings.unexpected)
          .push_back(found.key);
    }
  });
  if (!read.ok()) return read;
  for (const auto& [key, entry] : entries_) {
    if (entry.acknowledged && !present.contains(key))
      findings.lost.push_back(key);
  }
  return findings;
}

}  // namespace vigil::demo
