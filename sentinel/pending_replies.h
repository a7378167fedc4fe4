// PendingReplies: the questions of others that this node has not answered yet.
//
// Each is answered exactly once: by whoever knows the answer, or, if nobody does in
// time (a member whose disk failed stays silent), by Expire() or FailAll().
//
// Thread-safety: thread-safe. No reply is called under the lock.
#ifndef VIGIL_SENTINEL_PENDING_REPLIES_H_
#define VIGIL_SENTINEL_PENDING_REPLIES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "sentinel/messages.h"

namespace vigil::sentinel {

class PendingReplies {
 public:
  using Reply = std::function<void(absl::StatusOr<Answer>)>;

  // Far above what a group of seven can have under way: beyond it, somebody is
  // not a sentinel.
  static constexpr size_t kPendingMax = 1024;

  // Returns the token of the question, or 0 after having answered that there are
  // too many, or that this node is closing.
  uint64_t Add(Reply reply, MonoTime deadline);

  // Does nothing if the question was answered already.
  void Answer(uint64_t token, absl::StatusOr<sentinel::Answer> answer);

  void Expire(MonoTime now);
  // And answers everything to come the same way.
  void FailAll();

 private:
  struct Pending {
    Reply reply;
    MonoTime deadline;
  };

  Mutex mu_;
  std::map<uint64_t, Pending> pending_ ABSL_GUARDED_BY(mu_);
  uint64_t tokens_ ABSL_GUARDED_BY(mu_) = 0;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_PENDING_REPLIES_H_
