// ChangeRequest: who is to become, or no longer to be, a member or a read replica. A
// pure decision what configuration that makes.
#ifndef VIGIL_REPLICATION_CHANGE_REQUEST_H_
#define VIGIL_REPLICATION_CHANGE_REQUEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "replication/configuration.h"

namespace vigil::replication {

struct ChangeRequest {
  enum class Kind {
    kAddMember,  // `name` follows the master, and will vote
    kAddReader,  // `name` follows the master, and is recorded as a read replica
    kRemove,     // `name` goes, a member or a read replica
    kReplace,  // `newcomer` takes the place of the member `name`, whose name it may have
  };
  Kind kind = Kind::kAddMember;
  std::string name;
  std::string newcomer;
};

struct Change {
  Configuration target;  // joint, if it is one of those who vote
  // Who has to have caught up before it begins; zero: nobody.
  NodeId newcomer;
};

// `followers` follow the master at present. REQUIRES: `from` is not joint.
//   kInvalidArgument     too many members, or none would be left
//   kAlreadyExists       it is that already
//   kNotFound            there is none of this name
//   kUnavailable         no node of this name follows the master
absl::StatusOr<Change> Decide(const ChangeRequest& request,
                              const Configuration& from,
                              const std::vector<Member>& followers);

// What follows a joint configuration when it is committed.
Configuration FinalOf(const Configuration& joint);

// "add member 'd'"
std::string ToString(const ChangeRequest& request);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_CHANGE_REQUEST_H_
