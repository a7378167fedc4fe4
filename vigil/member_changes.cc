#include "vigil/member_changes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil {

struct MemberChanges::Waiting {
  Mutex mu;
  CondVar changed;
  bool stopped ABSL_GUARDED_BY(mu) = false;
};

std::shared_ptr<MemberChanges::Waiting> MemberChanges::MakeWaiting() {
  return std::make_shared<Waiting>();
}

absl::Status MemberChanges::Make(const replication::ChangeRequest& request,
                                 absl::Duration timeout) {
  const auto result = std::make_shared<std::optional<absl::Status>>();
  const auto waiting = waiting_;
  ask_(request,
       clock_.Mono() +
           std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24)),
       [waiting, result](const absl::Status& status) {
         const MutexLock lock(waiting->mu);
         *result = status;
         waiting->changed.NotifyAll();
       });
  const MutexLock lock(waiting->mu);
  while (!result->has_value() && !waiting->stopped)
    waiting->changed.Wait(waiting->mu);
  if (result->has_value()) return **result;
  return absl::CancelledError(
      "the node is being destroyed; whether the change is made is unknown");
}

void MemberChanges::Stop() {
  const MutexLock lock(waiting_->mu);
  waiting_->stopped = true;
  waiting_->changed.NotifyAll();
}

}  // namespace vigil
