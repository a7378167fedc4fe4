#include "vigil/grpc_server.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "replication/grpc_credentials.h"
#include "vigil/unix_socket.h"

namespace vigil {

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const std::string& address, const std::vector<grpc::Service*>& services,
    const replication::Credentials& credentials, size_t message_bytes_max) {
  if (absl::Status s = CheckUnixSocket(address); !s.ok()) return s;
  grpc::ServerBuilder builder;
  // gRPC shares ports by default: two nodes on one port would each get some of
  // the calls, and neither would know.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(static_cast<int>(message_bytes_max));
  builder.SetMaxSendMessageSize(static_cast<int>(message_bytes_max));
  // A group has at most seven members: two threads that poll are plenty.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  int port = 0;
  auto made = replication::MakeServerCredentials(credentials);
  builder.AddListeningPort(address, made, &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on '", address,
                     "': the port is taken, the host is unknown, or the "
                     "address is not this machine's"));
  }
  return std::unique_ptr<GrpcServer>(
      new GrpcServer(std::move(made), std::move(server)));
}

GrpcServer::GrpcServer(std::shared_ptr<grpc::ServerCredentials> credentials,
                       std::unique_ptr<grpc::Server> server)
    : credentials_(std::move(credentials)), server_(std::move(server)) {}

GrpcServer::~GrpcServer() { Shutdown(); }

void GrpcServer::Shutdown() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_ = nullptr;
}

}  // namespace vigil
