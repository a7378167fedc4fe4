// Executor: the one thread on which a node calls the application back. A
// callback that takes its time delays only other callbacks.
#ifndef VIGIL_EXECUTOR_H_
#define VIGIL_EXECUTOR_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

#include "engine/base/mutex.h"
#include "engine/base/thread.h"

namespace vigil {

// Thread-safe.
class Executor {
 public:
  // Of posted tasks that wait. An application that is slower than the events drops
  // the oldest, and dropped() counts them.
  static constexpr size_t kTasksMax = 10000;

  Executor();
  ~Executor() { Stop(); }

  void Post(std::function<void()> task);
  // In the same order, and never dropped for others. For a source of which only a
  // bounded number of tasks can wait.
  void PostKept(std::function<void()> task);
  // Ends after the task at hand; the others are dropped. Idempotent.
  void Stop();
  bool IsCurrentThread() const { return thread_.IsCurrent(); }
  uint64_t dropped() const;

 private:
  struct Task {
    std::function<void()> run;
    bool kept = false;
  };

  void Add(Task task);
  void Run();

  mutable Mutex mu_;
  CondVar changed_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mu_);
  size_t droppable_ ABSL_GUARDED_BY(mu_) = 0;  // tasks that are not kept
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  uint64_t dropped_ ABSL_GUARDED_BY(mu_) = 0;
  Thread thread_;  // last: it uses the rest
};

}  // namespace vigil

#endif  // VIGIL_EXECUTOR_H_
