// Forwarded writes over gRPC: both ends of proto/vigil/forwarding.proto. One stream from a
// node to its master carries all of them; no thread waits for a write.
#ifndef VIGIL_GRPC_FORWARDING_H_
#define VIGIL_GRPC_FORWARDING_H_

#include <cstddef>
#include <memory>

#include "replication/credentials.h"
#include "vigil/forward_transport.h"

namespace grpc {
class Service;
}

namespace vigil::replication {
class Doorkeeper;
}

namespace vigil {

// The node's end. `message_bytes_max` bounds what a peer may send at once. `credentials`
// outlives it; each connection uses those of its beginning.
std::unique_ptr<ForwardTransport> MakeGrpcForwardTransport(
    const replication::Credentials& credentials, size_t message_bytes_max);

// The master's end.
// Lifetime: outlives the server that it is registered on. Its calls end when that
// server is shut down with a deadline.
class ForwardService {
 public:
  virtual ~ForwardService() = default;
  virtual grpc::Service* service() = 0;
};

// Both outlive the service; `door` says who may use it.
std::unique_ptr<ForwardService> MakeForwardService(
    ForwardHandler& handler, replication::Doorkeeper& door);

}  // namespace vigil

#endif  // VIGIL_GRPC_FORWARDING_H_
