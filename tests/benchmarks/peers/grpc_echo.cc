#include "tests/benchmarks/peers/grpc_echo.h"

#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/benchmarks/must.h"
#include "vigil/replication.grpc.pb.h"

namespace vigil::bench {
namespace {

using Stream = grpc::ServerReaderWriter<v1::FromMaster, v1::FromReplica>;

class Service final : public v1::Replication::Service {
  grpc::Status Sync(grpc::ServerContext*, Stream* stream) override {
    v1::FromReplica in;
    v1::FromMaster out;
    while (stream->Read(&in)) {
      *out.mutable_entries()->mutable_records() =
          std::move(*in.mutable_rewind_keys()->mutable_records());
      if (!stream->Write(out)) break;
    }
    return grpc::Status::OK;
  }
};

[[noreturn]] void Serve(int output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  Service service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || write(output, &port, sizeof(port)) != sizeof(port))
    _exit(1);
  server->Wait();
  _exit(0);
}

}  // namespace

struct GrpcEcho::Impl {
  pid_t server = 0;
  grpc::ClientContext context;
  std::unique_ptr<v1::Replication::Stub> stub;
  std::unique_ptr<grpc::ClientReaderWriter<v1::FromReplica, v1::FromMaster>>
      stream;
};

GrpcEcho::GrpcEcho() : impl_(std::make_unique<Impl>()) {
  int fds[2];
  if (pipe(fds) != 0) Must(absl::InternalError("pipe"));
  const pid_t parent = getpid();
  impl_->server = fork();
  if (impl_->server == 0) Serve(fds[1], parent);
  close(fds[1]);
  int port = 0;
  if (impl_->server < 0 || read(fds[0], &port, sizeof(port)) != sizeof(port))
    Must(absl::InternalError("no gRPC server"));
  close(fds[0]);
  impl_->stub = v1::Replication::NewStub(grpc::CreateChannel(
      absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  impl_->stream = impl_->stub->Sync(&impl_->context);
}

GrpcEcho::~GrpcEcho() {
  impl_->context.TryCancel();
  impl_->stream->Finish();
  kill(impl_->server, SIGKILL);
  while (waitpid(impl_->server, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void GrpcEcho::RoundTrip(size_t bytes) {
  v1::FromReplica out;
  out.mutable_rewind_keys()->mutable_records()->resize(bytes);
  v1::FromMaster in;
  if (!impl_->stream->Write(out) || !impl_->stream->Read(&in) ||
      in.entries().records().size() != bytes) {
    Must(absl::InternalError("the echo is not what was sent"));
  }
}

}  // namespace vigil::bench
