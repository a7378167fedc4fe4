// What a node and its master say to each other about a forwarded write. Plain values.
#ifndef VIGIL_FORWARD_MESSAGE_H_
#define VIGIL_FORWARD_MESSAGE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "replication/position.h"
#include "vigil/command.h"
#include "vigil/operation.h"
#include "vigil/write_session.h"

namespace vigil {

struct ForwardRequest {
  SessionId session;
  uint32_t slot = 0;
  uint64_t sequence = 0;
  // Only the master of this epoch does it: what arrives late does nothing.
  Epoch epoch;
  // Another copy may have been applied, or may still be: whatever is decided now is
  // written down, so that no copy is decided otherwise.
  bool in_doubt = false;
  // Its timeout is what is left of the caller's. Not null. Shared: it is sent again as it
  // is.
  std::shared_ptr<const Command> command;
  absl::Duration time_left;
};

struct ForwardReply {
  enum class Kind : uint8_t {
    kDone = 1,  // decided, once and for all: `status`, and its Ack is reached
    kUnknown = 2,  // applied, but its Ack is not reached
    kNotMaster =
        3,         // nothing was done: not the master of that epoch (any more)
    kRefused = 4,  // nothing was done by this copy: `status`
    kNoRoom = 5,   // likewise, at this moment
  };
  Kind kind = Kind::kNotMaster;
  bool once_more = false;  // it had been decided before
  absl::Status status;     // OK: of kDone only
  Receipt receipt;         // kDone and OK, kUnknown
  std::string outcome;     // kDone and OK (outcome.h)
};

}  // namespace vigil

#endif  // VIGIL_FORWARD_MESSAGE_H_
