#include "engine/hot_keys.h"

#include <utility>

namespace vigil::engine {

void HotKeys::Sample(uint8_t database, std::string_view key) {
  MutexLock lock(mu_);
  counts_.Add(database, key);
  if (++since_halved_ < kHalfLife) return;
  since_halved_ = 0;
  counts_.Halve();
}

std::vector<HotKeys::HotKey> HotKeys::Top(size_t n) const {
  std::vector<SpaceSaving::Counter> top;
  double total = 0;
  {
    MutexLock lock(mu_);
    top = counts_.Top(n);
    total = static_cast<double>(counts_.total());
  }
  std::vector<HotKey> keys;
  for (SpaceSaving::Counter& counter : top) {
    const uint64_t certain = counter.count - counter.error;
    if (certain < kSeenMin) break;  // they come in this order
    keys.push_back({.database = counter.database,
                    .key = std::move(counter.key),
                    .share = static_cast<double>(certain) / total,
                    .share_max = static_cast<double>(counter.count) / total});
  }
  return keys;
}

void HotKeys::Reset() {
  MutexLock lock(mu_);
  counts_.Clear();
  since_halved_ = 0;
}

}  // namespace vigil::engine
