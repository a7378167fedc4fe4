#include "replication/waiting_reads.h"

namespace vigil::replication {

uint64_t WaitingReads::Ask(Token token, MonoTime now) {
  asked_.push_back({.token = token, .read = ++reads_, .at = now});
  return reads_;
}

void WaitingReads::Answered(uint64_t read, uint64_t index) {
  for (Asked& asked : asked_) {
    if (asked.read <= read && asked.index == 0) asked.index = index;
  }
}

void WaitingReads::AwaitCommit(Token token, uint64_t index) {
  uncommitted_.push_back({token, index});
}

void WaitingReads::GiveUp(Token token) {
  std::erase_if(asked_, [token](const Asked& a) { return a.token == token; });
  std::erase_if(uncommitted_,
                [token](const Uncommitted& u) { return u.token == token; });
}

std::vector<WaitingReads::Begin> WaitingReads::TakeReached(uint64_t last) {
  std::vector<Begin> begin;
  std::erase_if(asked_, [&](const Asked& asked) {
    const bool reached = asked.index != 0 && asked.index <= last;
    if (reached) begin.push_back({asked.token, asked.at});
    return reached;
  });
  return begin;
}

std::vector<Token> WaitingReads::TakeCommitted(uint64_t commit) {
  std::vector<Token> tokens;
  std::erase_if(uncommitted_, [&](const Uncommitted& uncommitted) {
    const bool committed = uncommitted.index <= commit;
    if (committed) tokens.push_back(uncommitted.token);
    return committed;
  });
  return tokens;
}

std::vector<Token> WaitingReads::TakeAll() {
  std::vector<Token> tokens;
  for (const Asked& asked : asked_) tokens.push_back(asked.token);
  for (const Uncommitted& each : uncommitted_) tokens.push_back(each.token);
  asked_.clear();
  uncommitted_.clear();
  return tokens;
}

}  // namespace vigil::replication
