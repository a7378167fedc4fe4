// What a failover's leader asks of a member, and what it answers. Plain values.
//
// The sequence of a failover (protocol.md's "Fencing and promotion"):
//   view       no promise yet: who is there, formed, where (a ping's answer)
//   Fence(e)   the member promises e, stops everything below e, and answers
//              where it is
//   Promote    to one member only, ever, per epoch
//   ReplicaOf  to the others
#ifndef VIGIL_REPLICATION_MEMBER_MESSAGES_H_
#define VIGIL_REPLICATION_MEMBER_MESSAGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "replication/configuration.h"
#include "replication/position.h"

namespace vigil::replication {

enum class Role { kReplica, kMaster };

// A member as it is now. Also what a ping answers with.
struct MemberView {
  std::string name;
  std::string address;
  NodeId id;
  Lineage lineage;  // zero: it has no data set yet
  Role role = Role::kReplica;
  Epoch epoch;          // as master: its own. As replica: of its master, or {}
  std::string master;   // name of the master it is or follows; empty: none
  bool linked = false;  // replica: the stream from the master is up
  Epoch promise;        // the highest epoch it has accepted
  Position position;    // of its last record
  uint64_t commit = 0;  // as far as it knows
  bool formed = false;  // it has its identity, promise and lineage, and lost
                        // nothing that it acknowledged
  bool exact = false;   // not in the middle of a full sync
  bool healthy = true;  // its disk works
  uint64_t nonce = 0;   // random, one per start of the process
  int priority = 100;   // lower is preferred
  Configuration configuration;
  // Its history's highest epoch, with or without a record.
  Epoch history_epoch;
};

struct FenceRequest {
  Epoch epoch;
};

struct FenceReply {
  bool promised = false;  // false: view.promise is above the request's epoch
  MemberView view;        // taken after the promise and after writing stopped
};

struct PromoteRequest {
  Epoch epoch;
  Position position;   // of the fence reply that this answers
  uint64_t nonce = 0;  // likewise
  // The all-N rule: every member promised, too few are formed. Allows a member
  // that is not formed; creates the lineage if nobody has one.
  bool all_members = false;
  // The members by identity, recorded in the log if none is recorded yet.
  Configuration configuration;
};

struct PromoteReply {
  bool promoted = false;
  std::string refusal;  // why not, in words
  MemberView view;
};

struct ReplicaOfRequest {
  Epoch epoch;
  std::string master_name;
  std::string master_address;
  NodeId master_id;
};

struct ReplicaOfReply {
  bool accepted = false;  // false: view.promise is above the request's epoch
  MemberView view;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_MEMBER_MESSAGES_H_
