#include "sentinel/pending_replies.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace vigil::sentinel {

uint64_t PendingReplies::Add(Reply reply, MonoTime deadline) {
  absl::Status refusal;
  {
    MutexLock lock(mu_);
    if (closed_) {
      refusal = absl::UnavailableError("this node is closing");
    } else if (pending_.size() >= kPendingMax) {
      refusal = absl::ResourceExhaustedError("too many questions at once");
    } else {
      pending_.emplace(++tokens_, Pending{std::move(reply), deadline});
      return tokens_;
    }
  }
  reply(refusal);
  return 0;
}

void PendingReplies::Answer(uint64_t token,
                            absl::StatusOr<sentinel::Answer> answer) {
  Reply reply;
  {
    MutexLock lock(mu_);
    const auto it = pending_.find(token);
    if (it == pending_.end()) return;
    reply = std::move(it->second.reply);
    pending_.erase(it);
  }
  reply(std::move(answer));
}

void PendingReplies::Expire(MonoTime now) {
  std::vector<Reply> expired;
  {
    MutexLock lock(mu_);
    for (auto it = pending_.begin(); it != pending_.end();) {
      if (it->second.deadline > now) {
        ++it;
        continue;
      }
      expired.push_back(std::move(it->second.reply));
      it = pending_.erase(it);
    }
  }
  for (const Reply& reply : expired) {
    reply(absl::DeadlineExceededError("the member did not answer"));
  }
}

void PendingReplies::FailAll() {
  std::map<uint64_t, Pending> failed;
  {
    MutexLock lock(mu_);
    closed_ = true;
    failed.swap(pending_);
  }
  for (const auto& [token, pending] : failed) {
    pending.reply(absl::UnavailableError("this node is closing"));
  }
}

}  // namespace vigil::sentinel
