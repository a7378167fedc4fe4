// WaitingReads: the reads of this node that wait: for their master's word (this node's
// own, if it is master), for what they have seen to be committed, or for a record.
//
//   Ask ─▶ Answered(index) ─▶ log reaches index ─▶ read ─▶ AwaitCommit ─▶ committed
//   AwaitRecord ─▶ log has it ─▶ read
//
// Pure. Thread-compatible.
#ifndef VIGIL_REPLICATION_WAITING_READS_H_
#define VIGIL_REPLICATION_WAITING_READS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/base/clock.h"
#include "replication/action.h"

namespace vigil::replication {

class WaitingReads {
 public:
  enum class For { kMaster, kCommit, kRecord };
  struct Waiter {
    For what;
    Token token;
    MonoTime deadline;
    MonoTime asked;     // kMaster: when; the node is as fresh as it was then
    uint64_t read = 0;  // kMaster: its number
    // Where the log must be. kMaster: none, there is no answer yet. (It may be 0: the
    // first master is asked before it has a record.)
    std::optional<uint64_t> index;
    uint64_t epoch = 0;  // kRecord: number of the epoch that wrote it
  };

  bool empty() const { return waiters_.empty(); }

  // Return the number of the read: they go up.
  uint64_t Ask(Token token, MonoTime now, MonoTime deadline);
  // What another master has said is void: they are asked again. 0: there are none.
  uint64_t AskAgain();
  // Reads up to the number `read` may begin when the log has reached `index`.
  void Answered(uint64_t read, uint64_t index);
  void AwaitCommit(Token token, uint64_t index, MonoTime deadline);
  void AwaitRecord(Token token, uint64_t epoch, uint64_t index,
                   MonoTime deadline);
  // Nobody waits for this one any more.
  void GiveUp(Token token);

  // Removes those for which `over` is true, in their order.
  std::vector<Waiter> Take(absl::FunctionRef<bool(const Waiter&)> over);

 private:
  uint64_t reads_ = 0;
  std::vector<Waiter> waiters_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_WAITING_READS_H_
