#include "engine/big_keys.h"

#include <algorithm>

namespace vigil::engine {
namespace {

// The order of the heap, and of what it shows.
bool Larger(const BigKeys::BigKey& a, const BigKeys::BigKey& b) {
  return a.bytes > b.bytes;
}

}  // namespace

void BigKeys::Add(uint8_t database, std::string_view key, size_t value_bytes) {
  const size_t bytes = key.size() + value_bytes;
  ++entries_;
  bytes_ += bytes;
  if (capacity_ == 0) return;
  if (heap_.size() == capacity_) {
    if (bytes <= heap_.front().bytes) return;
    std::pop_heap(heap_.begin(), heap_.end(), Larger);
    heap_.pop_back();
  }
  heap_.push_back({.database = database,
                   .key = std::string(key.substr(0, kKeyBytes)),
                   .bytes = bytes});
  std::push_heap(heap_.begin(), heap_.end(), Larger);
}

std::vector<BigKeys::BigKey> BigKeys::Top() const {
  std::vector<BigKey> top = heap_;
  std::sort(top.begin(), top.end(), Larger);
  return top;
}

}  // namespace vigil::engine
