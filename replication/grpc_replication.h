// The stream between a replica and its master over gRPC: both ends of the service in
// proto/vigil/replication.proto.
#ifndef VIGIL_REPLICATION_GRPC_REPLICATION_H_
#define VIGIL_REPLICATION_GRPC_REPLICATION_H_

#include <cstddef>
#include <memory>

#include "replication/credentials.h"
#include "replication/transport.h"

namespace grpc {
class Service;
}

namespace vigil::replication {

class Doorkeeper;

// The replica's end: dials a master, with what `credentials` (which outlive it) hold at
// that moment. `message_bytes_max` bounds what a peer may send at once. Where one side
// does not let the other in, the link brings a Refused that says so.
std::unique_ptr<Transport> MakeGrpcTransport(const Credentials& credentials,
                                             size_t message_bytes_max);

// The master's end: accepts replicas.
// Lifetime: outlives the server that it is registered on. Its calls end when that
// server is shut down with a deadline.
class LinkService {
 public:
  virtual ~LinkService() = default;
  virtual grpc::Service* service() = 0;
};

// Both outlive the service.
std::unique_ptr<LinkService> MakeLinkService(LinkAcceptor& acceptor,
                                             Doorkeeper& door);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_GRPC_REPLICATION_H_
