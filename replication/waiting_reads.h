// WaitingReads: the reads of this node that wait for their master's word (this node's
// own, if it is master), or for what they have seen to be committed.
//
//   Ask ─▶ Answered(index) ─▶ log reaches index ─▶ read ─▶ AwaitCommit ─▶ committed
//
// Pure. Thread-compatible.
#ifndef VIGIL_REPLICATION_WAITING_READS_H_
#define VIGIL_REPLICATION_WAITING_READS_H_

#include <cstdint>
#include <vector>

#include "engine/base/clock.h"
#include "replication/action.h"

namespace vigil::replication {

class WaitingReads {
 public:
  bool empty() const { return asked_.empty() && uncommitted_.empty(); }

  // Returns the read's number: they go up.
  uint64_t Ask(Token token, MonoTime now);
  // Reads up to the number `read` may begin when the log has reached `index`.
  void Answered(uint64_t read, uint64_t index);
  void AwaitCommit(Token token, uint64_t index);
  // Nobody waits for this one any more.
  void GiveUp(Token token);

  struct Begin {
    Token token;
    MonoTime asked;  // the node is as fresh as it was then
  };
  std::vector<Begin> TakeReached(uint64_t last);
  std::vector<Token> TakeCommitted(uint64_t commit);
  std::vector<Token> TakeAll();

 private:
  struct Asked {
    Token token;
    uint64_t read;
    MonoTime at;
    uint64_t index = 0;  // 0: no answer yet
  };
  struct Uncommitted {
    Token token;
    uint64_t index;
  };

  uint64_t reads_ = 0;
  std::vector<Asked> asked_;
  std::vector<Uncommitted> uncommitted_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_WAITING_READS_H_
