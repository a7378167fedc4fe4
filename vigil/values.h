// What GetMany found, in the order of its keys. The bytes of all values lie together, so
// that reading many small ones costs little more than looking them up.
//
// Moved, not copied. Thread-safety: like a standard container. Lifetime: a ValueView lives
// as long as the Values that it is of, moved or not.
#ifndef VIGIL_VALUES_H_
#define VIGIL_VALUES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace vigil {

struct ValueView {
  std::string_view data;
  uint64_t version = 0;  // index of the write that made it
  absl::Time expires_at = absl::InfiniteFuture();
};

class Values {
 public:
  using const_iterator = std::vector<std::optional<ValueView>>::const_iterator;

  // As many as `size` keys, none of them found yet.
  explicit Values(size_t size = 0) : views_(size) {}

  size_t size() const { return views_.size(); }
  bool empty() const { return views_.empty(); }
  // nullopt: no such key. REQUIRES: i < size().
  const std::optional<ValueView>& operator[](size_t i) const {
    return views_[i];
  }
  const_iterator begin() const { return views_.begin(); }
  const_iterator end() const { return views_.end(); }

  // Keeps a copy of what was found for key i. Other views stay where they are.
  void Put(size_t i, const ValueView& found) {
    std::optional<ValueView>& view = views_[i];
    view = found;
    view->data = {Copy(found.data), found.data.size()};
  }

 private:
  // Each block is as large as all before it.
  static constexpr size_t kFirstBlock = 4096;

  const char* Copy(std::string_view bytes) {
    if (bytes.size() > free_) {
      free_ = std::max({bytes.size(), allocated_, kFirstBlock});
      allocated_ += free_;
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(free_));
      next_ = blocks_.back().get();
    }
    char* const copy = next_;
    std::copy(bytes.begin(), bytes.end(), copy);
    next_ += bytes.size();
    free_ -= bytes.size();
    return copy;
  }

  std::vector<std::optional<ValueView>> views_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;  // in the last block
  size_t free_ = 0;       // from there on
  size_t allocated_ = 0;
};

}  // namespace vigil

#endif  // VIGIL_VALUES_H_
