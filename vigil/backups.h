// Backups: the backups of one node, one at a time.
//
//   Make (this thread) ──┐                        ┌─ vigil-backup: reads, writes, syncs
//   Begin ─ vigil-await ─┴─▶ until the limit ─────┘
//
// Thread-safety: thread-safe. `done` runs on an own thread, under no lock.
// Lifetime: `make` is used until the destructor has returned, which waits for a backup
// that hangs in the disk for as long as that takes.
#ifndef VIGIL_BACKUPS_H_
#define VIGIL_BACKUPS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/limit.h"
#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "vigil/errand.h"

namespace vigil {

class Backups {
 public:
  // Makes a backup in `dir`, or leaves nothing there.
  using Make =
      std::function<absl::Status(const std::string& dir, const Limit& limit)>;
  using Done = std::function<void(const absl::Status&)>;

  explicit Backups(Make make_one) : make_(std::move(make_one)) {}
  ~Backups();

  // Errors: those of `make`, and
  //   kUnavailable       one is under way, perhaps one that was given up and hangs in the
  //                      disk
  //   kDeadlineExceeded  given up; nothing is left in `dir` when the disk has answered
  //   kCancelled         likewise, by the token of `limit` or by Stop()
  absl::Status MakeNow(const std::string& dir, const Limit& limit);
  // Calls `done` exactly once with the same; it must not call this object. Returns what to
  // cancel it by, or, without calling `done`, kUnavailable or kCancelled.
  absl::StatusOr<std::shared_ptr<Cancellable>> Begin(const std::string& dir,
                                                     const Limit& limit,
                                                     Done done);

  // None begins any more; who waits is told kCancelled, and `done` has returned when this
  // does. Waits for no disk. Idempotent.
  void Stop();

 private:
  absl::StatusOr<std::shared_ptr<Errand>> Start(const std::string& dir,
                                                const Limit& limit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Make make_;
  Mutex mu_;
  std::shared_ptr<Errand> current_ ABSL_GUARDED_BY(mu_);  // or the last one
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  Thread waiter_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil

#endif  // VIGIL_BACKUPS_H_
