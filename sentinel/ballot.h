// Ballot: counts the answers to one round of (pre-)votes.
//
// To win takes a majority of the members, present or not, and at least
// `quorum`. A vote counts if the voter is the recorded member of that name. During a
// change of members it takes a majority of those before and of those after it.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_BALLOT_H_
#define VIGIL_SENTINEL_BALLOT_H_

#include <map>
#include <set>
#include <string>
#include <utility>

#include "replication/configuration.h"

namespace vigil::sentinel {

class Ballot {
 public:
  Ballot() = default;
  Ballot(replication::Configuration voters, int quorum)
      : voters_(std::move(voters)), quorum_(quorum) {}

  void Grant(const std::string& name, NodeId id);
  // Also: will not answer.
  void Refuse(const std::string& name);

  int needed() const;
  bool won() const;
  // No answer that is still to come can win it.
  bool lost() const;
  // "2 of 3 (needed 2): a b"
  std::string ToString() const;

 private:
  replication::Configuration voters_;
  int quorum_ = 1;
  std::map<std::string, NodeId> granted_;
  std::set<std::string> refused_;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_BALLOT_H_
