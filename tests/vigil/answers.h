// Answers: what asynchronous operations were told, in order.
#ifndef VIGIL_TESTS_VIGIL_ANSWERS_H_
#define VIGIL_TESTS_VIGIL_ANSWERS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"

namespace vigil {

// Thread-safe. Outlives the operations.
class Answers {
 public:
  struct Told {
    int name;
    absl::Status status;
  };

  auto For(int name) {
    return [this, name](const auto& result) {
      MutexLock lock(mu_);
      told_.push_back({name, result.status()});
      changed_.NotifyAll();
    };
  }

  // Waits until `n` were told, and returns all. Fewer: after 30 s.
  std::vector<Told> Await(size_t n) {
    const MonoTime deadline = SystemClock().Mono() + absl::Seconds(30);
    MutexLock lock(mu_);
    while (told_.size() < n && changed_.WaitUntil(mu_, deadline)) {
    }
    return told_;
  }
  std::vector<Told> Now() { return Await(0); }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<Told> told_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil

#endif  // VIGIL_TESTS_VIGIL_ANSWERS_H_
