#include "vigil/executor.h"

#include <algorithm>
#include <utility>

namespace vigil {

Executor::Executor() : thread_("vigil-callback", [this] { Run(); }) {}

void Executor::Post(std::function<void()> task) {
  Add({.run = std::move(task)});
}

void Executor::PostKept(std::function<void()> task) {
  Add({.run = std::move(task), .kept = true});
}

void Executor::Add(Task task) {
  Task
      dropped;  // destroyed under no lock: it may hold the application's objects
  MutexLock lock(mu_);
  if (stopped_) return;
  if (!task.kept && droppable_++ == kTasksMax) {
    const auto oldest = std::find_if(tasks_.begin(), tasks_.end(),
                                     [](const Task& t) { return !t.kept; });
    dropped = std::move(*oldest);
    tasks_.erase(oldest);
    --droppable_;
    ++dropped_;
  }
  tasks_.push_back(std::move(task));
  changed_.NotifyOne();
}

void Executor::Stop() {
  std::deque<Task> dropped;
  {
    MutexLock lock(mu_);
    stopped_ = true;
    dropped.swap(tasks_);
    changed_.NotifyOne();
  }
  thread_.Join();
}

uint64_t Executor::dropped() const {
  MutexLock lock(mu_);
  return dropped_;
}

void Executor::Run() {
  while (true) {
    Task task;
    {
      MutexLock lock(mu_);
      while (tasks_.empty() && !stopped_) changed_.Wait(mu_);
      if (stopped_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      if (!task.kept) --droppable_;
    }
    task.run();
  }
}

}  // namespace vigil
