// Member: the port through which a sentinel reaches the member in its own
// process, and through which a service hands it what other sentinels ask.
#ifndef VIGIL_REPLICATION_MEMBER_H_
#define VIGIL_REPLICATION_MEMBER_H_

#include <functional>

#include "replication/member_messages.h"

namespace vigil::replication {

// Thread-safe. Nothing here blocks; an answer is given once, on the member's
// own thread, after everything that it tells of is on disk. No answer comes
// when the member stops or its disk fails: the asker's deadline is the answer
// then.
class MemberPort {
 public:
  virtual ~MemberPort() = default;

  virtual MemberView view() const = 0;
  virtual void Fence(const FenceRequest& request,
                     std::function<void(FenceReply)> answer) = 0;
  virtual void Promote(const PromoteRequest& request,
                       std::function<void(PromoteReply)> answer) = 0;
  virtual void ReplicaOf(const ReplicaOfRequest& request,
                         std::function<void(ReplicaOfReply)> answer) = 0;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_MEMBER_H_
