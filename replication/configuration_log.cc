#include "replication/configuration_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/record.h"

namespace vigil::replication {
namespace {

// A change begins when the one before it is committed, so no truncation reaches further
// back than two; more are kept for those who read them.
constexpr size_t kEntriesKept = 8;

}  // namespace

ConfigurationLog::ConfigurationLog(std::vector<Entry> entries) {
  for (Entry& entry : entries) {
    if (entries_.empty() || entry.index > entries_.back().index)
      entries_.push_back(std::move(entry));
  }
}

void ConfigurationLog::Append(uint64_t index, Configuration configuration) {
  TrimTo(index - 1);
  entries_.push_back({index, std::move(configuration)});
  if (entries_.size() > kEntriesKept) entries_.erase(entries_.begin());
}

void ConfigurationLog::TrimTo(uint64_t last) {
  while (!entries_.empty() && entries_.back().index > last) entries_.pop_back();
}

void ConfigurationLog::Continue(const ConfigurationLog& other,
                                uint64_t common) {
  TrimTo(common);
  // What the options say counts only until something is recorded.
  if (newest().version == 0) entries_.clear();
  const bool all = entries_.empty();
  for (const Entry& entry : other.entries_) {
    if (all || entry.index > common) Append(entry.index, entry.configuration);
  }
}

bool ConfigurationLog::Has(const Entry& entry) const {
  return std::find(entries_.begin(), entries_.end(), entry) != entries_.end();
}

const Configuration& ConfigurationLog::At(uint64_t last) const {
  static const Configuration kNone;
  if (entries_.empty()) return kNone;
  const auto after = std::upper_bound(
      entries_.begin(), entries_.end(), last,
      [](uint64_t i, const Entry& entry) { return i < entry.index; });
  return after == entries_.begin() ? after->configuration
                                   : std::prev(after)->configuration;
}

std::vector<ConfigurationLog::Entry> ConfigurationsIn(
    std::string_view records) {
  std::vector<ConfigurationLog::Entry> found;
  engine::ForEachOfType(
      records, engine::RecordType::kConfiguration,
      [&](const engine::RecordView& record) {
        auto configuration = DecodeConfiguration(record.value);
        if (configuration.ok())
          found.push_back({record.index, *std::move(configuration)});
      });
  return found;
}

}  // namespace vigil::replication
