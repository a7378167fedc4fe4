#include "vigil/executor.h"

#include <utility>

namespace vigil {

Executor::Executor(const char* thread) : thread_(thread, [this] { Run(); }) {}

void Executor::Post(std::function<void()> task) {
  MutexLock lock(mu_);
  if (stopped_) return;
  tasks_.push_back(std::move(task));
  changed_.NotifyOne();
}

void Executor::Stop() {
  // Destroyed under no lock: they may hold the application's objects.
  std::deque<std::function<void()>> dropped;
  {
    MutexLock lock(mu_);
    stopped_ = true;
    dropped.swap(tasks_);
    changed_.NotifyOne();
  }
  thread_.Join();
}

size_t Executor::waiting() const {
  MutexLock lock(mu_);
  return tasks_.size();
}

void Executor::Run() {
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(mu_);
      while (tasks_.empty() && !stopped_) changed_.Wait(mu_);
      if (stopped_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace vigil
