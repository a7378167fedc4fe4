#include "replication/position.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace vigil {

std::string ToString(NodeId id) { return absl::StrFormat("%016x", id.value); }

std::string ToString(Lineage lineage) {
  return absl::StrFormat("%016x", lineage.value);
}

std::string ToString(const Epoch& epoch) {
  return absl::StrFormat("%d.%s", epoch.number, ToString(epoch.leader));
}

std::string ToString(const Position& at) {
  return absl::StrFormat("%d/%d", at.epoch.number, at.index);
}

History::History(std::vector<Entry> entries) {
  for (Entry& entry : entries) {
    const bool rises =
        entries_.empty() || (entry.epoch > entries_.back().epoch &&
                             entry.first_index > entries_.back().first_index);
    if (rises && entry.epoch && entry.first_index > 0) {
      entries_.push_back(std::move(entry));
    }
  }
}

void History::Append(const Epoch& epoch, uint64_t first_index) {
  TrimTo(first_index - 1);
  entries_.push_back({epoch, first_index});
}

void History::TrimTo(uint64_t last_index) {
  while (!entries_.empty() && entries_.back().first_index > last_index) {
    entries_.pop_back();
  }
}

Epoch History::EpochAt(uint64_t index) const {
  const auto after = std::upper_bound(
      entries_.begin(), entries_.end(), index,
      [](uint64_t i, const Entry& entry) { return i < entry.first_index; });
  return after == entries_.begin() ? Epoch{} : std::prev(after)->epoch;
}

Epoch History::last_epoch() const {
  return entries_.empty() ? Epoch{} : entries_.back().epoch;
}

namespace {

// The last index that `history`'s entry number `i` covers in a log up to
// `last`.
uint64_t LastIndexIn(const History& history, size_t i, uint64_t last) {
  const auto& entries = history.entries();
  return i + 1 < entries.size() ? entries[i + 1].first_index - 1 : last;
}

}  // namespace

uint64_t CommonIndex(const History& a, uint64_t a_last, const History& b,
                     uint64_t b_last) {
  History mine = a;
  History theirs = b;
  mine.TrimTo(a_last);
  theirs.TrimTo(b_last);
  // From the newest epoch back: the first that both have is the last shared.
  for (size_t i = mine.entries().size(); i-- > 0;) {
    for (size_t j = theirs.entries().size(); j-- > 0;) {
      if (mine.entries()[i].epoch == theirs.entries()[j].epoch) {
        return std::min(LastIndexIn(mine, i, a_last),
                        LastIndexIn(theirs, j, b_last));
      }
    }
  }
  return 0;
}

}  // namespace vigil
