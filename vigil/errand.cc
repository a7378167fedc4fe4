#include "vigil/errand.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/thread.h"

namespace vigil {

std::shared_ptr<Errand> Errand::Begin(const std::string& thread,
                                      std::string what, Limit limit, Work work,
                                      std::function<void()> undo) {
  auto errand = std::make_shared<Errand>(std::move(what), limit);
  Thread(thread, [errand, work = std::move(work),
                  undo = std::move(undo)]() mutable {
    errand->Run(std::exchange(work, nullptr), std::exchange(undo, nullptr));
  }).Detach();
  return errand;
}

Errand::Errand(std::string what, const Limit& limit)
    : what_(std::move(what)),
      limit_{.deadline = limit.deadline, .stop = stop_.get_token()},
      linked_(limit.stop, [this] { stop_.request_stop(); }) {}

absl::Status Errand::Await() {
  const std::stop_callback wake(limit_.stop, [this] {
    const MutexLock lock(mu_);
    changed_.NotifyAll();
  });
  MutexLock lock(mu_);
  while (!result_.has_value()) {
    if (limit_.stop.stop_requested() ||
        !changed_.WaitUntil(mu_, limit_.deadline)) {
      if (result_.has_value()) break;
      given_up_ = true;
      return GivenUp();
    }
  }
  return *result_;
}

absl::Status Errand::GivenUp() const {
  const bool cancelled = limit_.stop.stop_requested();
  return absl::Status(
      cancelled ? absl::StatusCode::kCancelled
                : absl::StatusCode::kDeadlineExceeded,
      absl::StrCat(what_,
                   cancelled ? " was cancelled" : " was not done in time",
                   "; it ends, and is undone, as soon as the disk answers"));
}

bool Errand::running() const {
  const MutexLock lock(mu_);
  return !result_.has_value() && !ended_;
}

void Errand::AwaitEnd() {
  MutexLock lock(mu_);
  while (!ended_) changed_.Wait(mu_);
}

void Errand::Run(Work work, std::function<void()> undo) {
  const absl::Status result = work(limit_);
  if (!Finish(result) && result.ok() && undo) undo();
  work = nullptr;
  undo = nullptr;
  const MutexLock lock(mu_);
  ended_ = true;
  changed_.NotifyAll();
}

// Whether somebody may still want to know.
bool Errand::Finish(const absl::Status& result) {
  const MutexLock lock(mu_);
  if (given_up_) return false;
  result_ = result;
  changed_.NotifyAll();
  return true;
}

}  // namespace vigil
