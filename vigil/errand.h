// Errand: a work on a thread of its own, for which nobody waits longer than a limit.
//
//   Begin ─▶ work ──ended──────────────▶ Await: its result
//              │
//              └─ limit, cancelled ────▶ Await: kDeadlineExceeded, kCancelled
//                   └─ the work goes on until it sees the limit, and its result is undone
//
// What a disk does not answer cannot be interrupted, by nobody: so the caller leaves, and
// the thread stays until the disk answers, or the process ends.
//
// Thread-safety: thread-safe. Lifetime: the thread keeps it alive; `work` and `undo` are
// destroyed on it before AwaitEnd() returns.
// Invariant: a work whose result was not returned by Await, though it succeeded, is undone.
#ifndef VIGIL_ERRAND_H_
#define VIGIL_ERRAND_H_

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "engine/base/limit.h"
#include "engine/base/mutex.h"
#include "vigil/cancellable.h"

namespace vigil {

class Errand final : public Cancellable {
 public:
  using Work = std::function<absl::Status(const Limit& limit)>;

  // `what` stands in errors: "the backup". `undo` may be empty.
  static std::shared_ptr<Errand> Begin(const std::string& thread,
                                       std::string what, Limit limit, Work work,
                                       std::function<void()> undo = nullptr);
  Errand(std::string what, const Limit& limit);

  // Once: the result, or why it was given up.
  absl::Status Await();
  void Cancel(uint64_t) override { Cancel(); }
  void Cancel() { stop_.request_stop(); }

  // The work is not done, or not undone yet.
  bool running() const;
  // For as long as it takes.
  void AwaitEnd();

 private:
  void Run(Work work, std::function<void()> undo);
  bool Finish(const absl::Status& result);
  absl::Status GivenUp() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string what_;
  std::stop_source stop_;
  const Limit limit_;
  mutable Mutex mu_;
  CondVar changed_;
  std::optional<absl::Status> result_ ABSL_GUARDED_BY(mu_);
  bool given_up_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  // The caller's token cancels this, too. Last: it uses stop_.
  const std::stop_callback<std::function<void()>> linked_;
};

}  // namespace vigil

#endif  // VIGIL_ERRAND_H_
