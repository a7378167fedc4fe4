// Told: what a subscriber to changes was told, as lines.
#ifndef VIGIL_TESTS_VIGIL_TOLD_H_
#define VIGIL_TESTS_VIGIL_TOLD_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "vigil/change.h"

namespace vigil {

using Lines = std::vector<std::string>;

// Thread-safe. "3 set key=value", "4 gone key", "gap 1-2".
class Told {
 public:
  void operator()(const ChangeBatch& batch) {
    MutexLock lock(mu_);
    ++calls_;
    position_ = batch.position;
    if (batch.gap) {
      lines_.push_back(absl::StrCat("gap ", batch.gap->first_missing, "-",
                                    batch.gap->last_missing));
    }
    for (const Change& change : batch.changes) {
      const bool set = change.kind == ChangeKind::kSet;
      lines_.push_back(absl::StrCat(change.index, set ? " set " : " gone ",
                                    change.key, set ? "=" : "", change.value));
    }
    changed_.NotifyAll();
  }
  // Waits until so many lines were told, and returns them.
  std::vector<std::string> Lines(size_t n) {
    AwaitUntil([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return lines_.size() >= n;
    });
    MutexLock lock(mu_);
    return lines_;
  }
  void AwaitPosition(uint64_t index) {
    AwaitUntil([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return position_.index >= index;
    });
  }
  LogPosition position() {
    MutexLock lock(mu_);
    return position_;
  }
  int calls() {
    MutexLock lock(mu_);
    return calls_;
  }

 private:
  template <typename Condition>
  void AwaitUntil(Condition condition) {
    const MonoTime deadline = SystemClock().Mono() + absl::Seconds(30);
    MutexLock lock(mu_);
    while (!condition()) {
      ASSERT_TRUE(changed_.WaitUntil(mu_, deadline)) << "not told in time";
    }
  }

  Mutex mu_;
  CondVar changed_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mu_);
  LogPosition position_ ABSL_GUARDED_BY(mu_);
  int calls_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace vigil

#endif  // VIGIL_TESTS_VIGIL_TOLD_H_
