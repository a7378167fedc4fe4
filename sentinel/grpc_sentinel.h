// Questions and answers over gRPC: both ends of proto/vigil/sentinel.proto.
#ifndef VIGIL_SENTINEL_GRPC_SENTINEL_H_
#define VIGIL_SENTINEL_GRPC_SENTINEL_H_

#include <memory>

#include "replication/credentials.h"
#include "sentinel/transport.h"

namespace grpc {
class Service;
}
namespace vigil::replication {
class Doorkeeper;
}

namespace vigil::sentinel {

// The end that asks. One connection a peer, shared with nothing else, so that a
// ping never waits behind bulk data; it is tried again soon after a refusal, so that
// a dead process is noticed as dead and a returned one as back. `credentials` outlive
// it; when they change, it dials anew.
std::unique_ptr<Transport> MakeGrpcTransport(
    const replication::Credentials& credentials);

// The end that is asked. No thread waits while an answer is made.
// Lifetime: outlives the server that it is registered on, whose shutdown waits until
// every question is answered: stop the answerer first.
class SentinelService {
 public:
  virtual ~SentinelService() = default;
  virtual grpc::Service* service() = 0;
};

// Both outlive the service.
std::unique_ptr<SentinelService> MakeSentinelService(
    Answerer& answerer, replication::Doorkeeper& door);

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_GRPC_SENTINEL_H_
