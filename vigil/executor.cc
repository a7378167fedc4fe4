#include "vigil/executor.h"

#include <utility>

namespace vigil {

Executor::Executor() : thread_("vigil-callback", [this] { Run(); }) {}

void Executor::Post(std::function<void()> task) {
  MutexLock lock(mu_);
  if (stopped_) return;
  if (tasks_.size() == kTasksMax) {
    tasks_.pop_front();
    ++dropped_;
  }
  tasks_.push_back(std::move(task));
  changed_.NotifyOne();
}

void Executor::Stop() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
    tasks_.clear();
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
