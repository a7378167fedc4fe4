// Askers: who waits for an answer of the replicator's thread, by the token that the core
// answers to.
//
// Each is answered at most once: whoever takes the token out calls it.
//
// Thread-safety: thread-safe. No answer is called under the lock.
#ifndef VIGIL_REPLICATION_ASKERS_H_
#define VIGIL_REPLICATION_ASKERS_H_

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/mutex.h"
#include "replication/action.h"
#include "replication/member_messages.h"

namespace vigil::replication {

// The answer to a question of a reader.
struct ReadAnswer {
  ReadOutcome outcome = ReadOutcome::kNoMaster;
  // Of AskRead, confirmed: in this epoch, and this node's data has every write that was
  // acknowledged before.
  Epoch epoch;
  MonoTime as_of;
};

// One of them.
struct Asker {
  std::function<void(FenceReply)> fence;
  std::function<void(PromoteReply)> promote;
  std::function<void(ReplicaOfReply)> replica_of;
  std::function<void(const ReadAnswer&)> read;
  std::function<void(const absl::Status&)> change;
};

class Askers {
 public:
  Token Add(Asker asker) {
    MutexLock lock(mu_);
    askers_.emplace(++tokens_, std::move(asker));
    return tokens_;
  }

  // Empty: it was taken before.
  Asker Take(Token token) {
    MutexLock lock(mu_);
    auto node = askers_.extract(token);
    return node.empty() ? Asker{} : std::move(node.mapped());
  }

  std::vector<Asker> TakeAll() {
    std::vector<Asker> all;
    MutexLock lock(mu_);
    for (auto& [token, asker] : askers_) all.push_back(std::move(asker));
    askers_.clear();
    return all;
  }

 private:
  Mutex mu_;
  std::map<Token, Asker> askers_ ABSL_GUARDED_BY(mu_);
  Token tokens_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_ASKERS_H_
