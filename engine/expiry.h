// ExpiryOrder: the keys that have an expiry, soonest first.
//
// Exact, not sampled as in Redis: a key leaves as soon as the master looks, and
// keys without an expiry cost nothing here.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_ENGINE_EXPIRY_H_
#define VIGIL_ENGINE_EXPIRY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "engine/base/clock.h"

namespace vigil::engine {

class ExpiryOrder {
 public:
  // A zero time is no expiry, for both. Removing what is not there does nothing.
  void Add(std::string_view key, WallTime at) {
    if (at != WallTime{}) order_.emplace(at.ms, key);
  }
  void Remove(std::string_view key, WallTime at) {
    if (at != WallTime{}) order_.erase(Item(at.ms, key));
  }

  // Up to `max` keys whose time is `now` or before, soonest first.
  std::vector<std::string> Due(WallTime now, size_t max) const {
    std::vector<std::string> keys;
    for (const Item& item : order_) {
      if (item.first > now.ms || keys.size() == max) break;
      keys.push_back(item.second);
    }
    return keys;
  }

 private:
  using Item = std::pair<int64_t, std::string>;
  absl::btree_set<Item> order_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_EXPIRY_H_
