// Workload: a sequence of writes that follows from a seed alone, so that another
// process, or the same test after a crash, knows what write number n was and what
// the data set must be after it.
#ifndef VIGIL_TESTS_ENGINE_WORKLOAD_H_
#define VIGIL_TESTS_ENGINE_WORKLOAD_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "engine/base/random.h"
#include "engine/engine.h"
#include "tests/engine/records.h"

namespace vigil::engine {

class Workload {
 public:
  // Few keys, so that most of them are overwritten and deleted again and again.
  explicit Workload(uint64_t seed) : random_(seed) {}

  struct Write {
    uint64_t index = 0;
    std::string key;
    std::string value;
    bool is_delete = false;
  };

  // The next write, applied to content().
  Write Next() {
    Write write;
    write.index = ++index_;
    write.key = "key" + std::to_string(random_.Uniform(100));
    write.is_delete = content_.contains(write.key) && random_.Uniform(4) == 0;
    if (write.is_delete) {
      content_.erase(write.key);
    } else {
      // Mostly small, at times larger than a block of any file.
      const size_t bytes =
          random_.Uniform(50) == 0 ? 70'000 : random_.Uniform(200);
      write.value = std::to_string(index_) + std::string(bytes, 'v');
      content_[write.key] = write.value + "@" + std::to_string(index_);
    }
    return write;
  }

  void SkipTo(uint64_t index) {
    while (index_ < index) Next();
  }

  uint64_t index() const { return index_; }
  const Content& content() const { return content_; }

  // Makes the next write; its index must come out.
  // False when the engine refuses: its storage failed.
  static bool Perform(const Write& write, Engine& engine) {
    constexpr MonoTime kNoDeadline = MonoTime::InfiniteFuture();
    uint64_t index = 0;
    if (write.is_delete) {
      const auto deleted = engine.Delete(write.key, kNoDeadline);
      if (!deleted.ok()) return false;
      index = deleted->index;
    } else {
      const auto set = engine.Set(write.key, write.value, {}, kNoDeadline);
      if (!set.ok()) return false;
      index = *set;
    }
    if (index != write.index) ADD_FAILURE() << index << " for " << write.index;
    return true;
  }

 private:
  Random random_;
  uint64_t index_ = 0;
  Content content_;
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_WORKLOAD_H_
