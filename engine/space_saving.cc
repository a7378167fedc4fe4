#include "engine/space_saving.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace vigil::engine {

SpaceSaving::SpaceSaving(size_t capacity) : capacity_(capacity) {
  counts_.reserve(capacity);
  hashes_.reserve(capacity);
  counters_.reserve(capacity);
  index_.reserve(capacity);
}

size_t SpaceSaving::Smallest() const {
  return static_cast<size_t>(std::min_element(counts_.begin(), counts_.end()) -
                             counts_.begin());
}

void SpaceSaving::Add(uint8_t database, std::string_view key) {
  if (capacity_ == 0) return;
  ++total_;
  const uint64_t hash =
      absl::HashOf(database, absl::string_view(key.data(), key.size()));
  if (const auto found = index_.find(hash); found != index_.end()) {
    ++counts_[found->second];
    return;
  }
  size_t at = counters_.size();
  if (at < capacity_) {
    counts_.push_back(0);
    hashes_.push_back(hash);
    counters_.emplace_back();
  } else {
    at = Smallest();
    index_.erase(hashes_[at]);
    hashes_[at] = hash;
  }
  Counter& counter = counters_[at];
  counter.database = database;
  counter.key.assign(key.substr(0, kKeyBytes));
  counter.error = counts_[at];
  ++counts_[at];
  index_.emplace(hash, at);
}

void SpaceSaving::Halve() {
  total_ /= 2;
  for (size_t i = 0; i < counters_.size(); ++i) {
    counts_[i] /= 2;
    // Rounded up: an error that vanishes would promise too much.
    counters_[i].error = std::min((counters_[i].error + 1) / 2, counts_[i]);
  }
}

void SpaceSaving::Clear() {
  total_ = 0;
  counts_.clear();
  hashes_.clear();
  counters_.clear();
  index_.clear();
}

std::vector<SpaceSaving::Counter> SpaceSaving::Top(size_t n) const {
  std::vector<Counter> top = counters_;
  for (size_t i = 0; i < top.size(); ++i) top[i].count = counts_[i];
  const auto certain = [](const Counter& c) { return c.count - c.error; };
  std::sort(top.begin(), top.end(), [&](const Counter& a, const Counter& b) {
    return std::pair(certain(a), a.count) > std::pair(certain(b), b.count);
  });
  if (top.size() > n) top.resize(n);
  return top;
}

}  // namespace vigil::engine
