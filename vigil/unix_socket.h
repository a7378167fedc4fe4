// Whether a node may listen on a Unix socket: gRPC itself takes the place of whatever
// socket is there, also of one that is in use.
#ifndef VIGIL_UNIX_SOCKET_H_
#define VIGIL_UNIX_SOCKET_H_

#include <string>

#include "absl/status/status.h"

namespace vigil {

// OK for an address that is no Unix socket, a path where nothing is, and a socket on which
// nobody listens any more (a killed process left it). kUnavailable says what is wrong
// else.
absl::Status CheckUnixSocket(const std::string& address);

}  // namespace vigil

#endif  // VIGIL_UNIX_SOCKET_H_
