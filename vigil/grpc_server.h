// GrpcServer: the one listening socket of a node, for all its services.
#ifndef VIGIL_GRPC_SERVER_H_
#define VIGIL_GRPC_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "replication/credentials.h"

namespace grpc {
class Server;
class ServerCredentials;
class Service;
}  // namespace grpc

namespace vigil {

class GrpcServer {
 public:
  // Listens on `address`. The services and the credentials outlive the server.
  // kUnavailable: the port is taken or the address is not this machine's; or what is
  // wrong with the Unix socket.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const std::string& address, const std::vector<grpc::Service*>& services,
      const replication::Credentials& credentials, size_t message_bytes_max);
  ~GrpcServer();

  // Refuses new calls, cancels those under way, and waits for their handlers.
  // Idempotent.
  void Shutdown();

 private:
  GrpcServer(std::shared_ptr<grpc::ServerCredentials> credentials,
             std::unique_ptr<grpc::Server> server);

  const std::shared_ptr<grpc::ServerCredentials> credentials_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace vigil

#endif  // VIGIL_GRPC_SERVER_H_
