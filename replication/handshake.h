// The master's answer to a Hello: a pure decision.
//
//   continue  the replica's log is a prefix of the master's, which still holds
//             what follows
//   rewind    the replica's log has records that the master's has not, after a
//             position that both have
//   full      the log that follows is gone, or nothing is common, or the replica
//             cannot rewind: it takes the whole state
//   refused   this node is not the master that the replica means, or the
//             replica is none of the group's: wrong group, options or lineage
//
// Whom the configuration does not name may follow, too: as a newcomer, who counts for
// nothing and is never promoted. Such is a member that lost its identity.
#ifndef VIGIL_REPLICATION_HANDSHAKE_H_
#define VIGIL_REPLICATION_HANDSHAKE_H_

#include <string>
#include <variant>

#include "replication/member_state.h"
#include "replication/message.h"
#include "replication/shared_options.h"

namespace vigil::replication {

// The answering side.
struct HandshakeFacts {
  const MemberState& state;
  bool is_master = false;
  Epoch epoch;  // that it is master of
  uint64_t last_index = 0;
  // The log holds every record from here on.
  uint64_t log_holds_from = UINT64_MAX;
  SharedOptions options;
};

std::variant<Welcome, Refused> DecideHandshake(const Hello& hello,
                                               const HandshakeFacts& facts);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_HANDSHAKE_H_
