// MemberChanges: who waits for a change of members.
//
// Thread-safety: thread-safe. Lifetime: `ask` may answer later than this object lives.
#ifndef VIGIL_MEMBER_CHANGES_H_
#define VIGIL_MEMBER_CHANGES_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "replication/change_request.h"

namespace vigil {

class MemberChanges {
 public:
  // As Replicator::ChangeMembers.
  using Ask = std::function<void(const replication::ChangeRequest& request,
                                 MonoTime deadline,
                                 std::function<void(const absl::Status&)>)>;

  MemberChanges(const Clock& clock, Ask ask)
      : clock_(clock), ask_(std::move(ask)) {}

  // Waits for the answer. kCancelled after Stop(): the outcome is unknown.
  absl::Status Make(const replication::ChangeRequest& request,
                    absl::Duration timeout);
  // Whoever waits is told, and who comes later. Idempotent.
  void Stop();

 private:
  // Shared with answers that come when nobody waits any more.
  struct Waiting;

  const Clock& clock_;
  const Ask ask_;
  const std::shared_ptr<Waiting> waiting_ = MakeWaiting();
  static std::shared_ptr<Waiting> MakeWaiting();
};

}  // namespace vigil

#endif  // VIGIL_MEMBER_CHANGES_H_
