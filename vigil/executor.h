// Executor: the one thread on which a node calls the application back. A
// callback that takes its time delays only other callbacks.
//
// Nothing is dropped here. So who posts bounds what waits: a level (a role) has one task
// in the queue, which tells the latest; operations are bounded where they are accepted.
#ifndef VIGIL_EXECUTOR_H_
#define VIGIL_EXECUTOR_H_

#include <cstddef>
#include <deque>
#include <functional>

#include "engine/base/mutex.h"
#include "engine/base/thread.h"

namespace vigil {

// Thread-safe.
class Executor {
 public:
  // `thread`: its name.
  explicit Executor(const char* thread = "vigil-callback");
  ~Executor() { Stop(); }

  // Runs `task` after those that were posted before. REQUIRES: the caller has a bounded
  // number of tasks that wait.
  void Post(std::function<void()> task);
  // Ends after the task at hand; the others are destroyed. Idempotent.
  void Stop();
  bool IsCurrentThread() const { return thread_.IsCurrent(); }
  size_t waiting() const;

 private:
  void Run();

  mutable Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  Thread thread_;  // last: it uses the rest
};

}  // namespace vigil

#endif  // VIGIL_EXECUTOR_H_
