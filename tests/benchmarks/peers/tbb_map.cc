#include "tests/benchmarks/peers/tbb_map.h"

#include <tbb/concurrent_hash_map.h>

#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace vigil::bench {
namespace {

// Transparent: a lookup makes no string of its key.
struct HashCompare {
  using is_transparent = void;
  static size_t hash(std::string_view key) {
    const absl::string_view bytes(key.data(), key.size());
    return absl::Hash<absl::string_view>{}(bytes);
  }
  static bool equal(std::string_view a, std::string_view b) { return a == b; }
};
using Map = tbb::concurrent_hash_map<std::string, std::string, HashCompare>;

}  // namespace

struct TbbMap::Impl {
  Map map;
};

TbbMap::TbbMap(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TbbMap::~TbbMap() = default;

std::unique_ptr<TbbMap> TbbMap::Create() {
  return std::unique_ptr<TbbMap>(new TbbMap(std::make_unique<Impl>()));
}

std::optional<std::string> TbbMap::Get(std::string_view key) const {
  Map::const_accessor found;
  if (!impl_->map.find(found, key)) return std::nullopt;
  return found->second;
}

void TbbMap::Set(std::string_view key, std::string_view value) {
  Map::accessor slot;
  impl_->map.insert(slot, key);
  slot->second.assign(value);
}

}  // namespace vigil::bench
