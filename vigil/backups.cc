#include "vigil/backups.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace vigil {

Backups::~Backups() {
  Stop();
  std::shared_ptr<Errand> last;
  {
    const MutexLock lock(mu_);
    last = current_;
  }
  if (last != nullptr) last->AwaitEnd();
}

absl::StatusOr<std::shared_ptr<Errand>> Backups::Start(const std::string& dir,
                                                       const Limit& limit) {
  if (stopped_) return absl::CancelledError("the node is being destroyed");
  if (current_ != nullptr && current_->running()) {
    return absl::UnavailableError(
        "another backup is under way; retry when it has ended");
  }
  current_ = Errand::Begin(
      "vigil-backup", "the backup", limit,
      [this, dir](const Limit& until) { return make_(dir, until); },
      [dir] {
        std::error_code ignored;
        std::filesystem::remove_all(dir, ignored);
      });
  return current_;
}

absl::Status Backups::MakeNow(const std::string& dir, const Limit& limit) {
  absl::StatusOr<std::shared_ptr<Errand>> errand;
  {
    const MutexLock lock(mu_);
    errand = Start(dir, limit);
  }
  return errand.ok() ? (*errand)->Await() : errand.status();
}

absl::StatusOr<std::shared_ptr<Cancellable>> Backups::Begin(
    const std::string& dir, const Limit& limit, Done done) {
  const MutexLock lock(mu_);
  const auto errand = Start(dir, limit);
  if (!errand.ok()) return errand.status();
  // The one before has nothing to wait for any more: its errand is over.
  waiter_ = Thread("vigil-await", [errand = *errand, done = std::move(done)] {
    done(errand->Await());
  });
  return *errand;
}

void Backups::Stop() {
  Thread waiter;
  std::shared_ptr<Errand> current;
  {
    const MutexLock lock(mu_);
    stopped_ = true;
    current = current_;
    waiter = std::move(waiter_);
  }
  if (current != nullptr) current->Cancel();
  waiter.Join();
}

}  // namespace vigil
