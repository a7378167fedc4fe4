#include "replication/grpc_replication.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <string>
#include <utility>

#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "replication/grpc_channel.h"
#include "replication/wire.h"
#include "vigil/replication.grpc.pb.h"

namespace vigil::replication {
namespace {

// --- The replica's end

class ClientLink final : public Link {
 public:
  ClientLink(std::shared_ptr<grpc::Channel> channel, LinkId id,
             LinkHandler& handler)
      : stub_(v1::Replication::NewStub(channel)),
        stream_(stub_->Sync(Corked(&context_))),
        id_(id),
        handler_(handler),
        reader_("vigil-link", [this] { Read(); }) {}

  ~ClientLink() override {
    Close();
    reader_.Join();
  }

  bool Send(const Message& message) override {
    v1::FromReplica out;
    if (!ToProto(message, &out)) return false;
    // The lock keeps two writers apart, which gRPC does not allow. Close() does
    // not take it: cancelling is what ends a write that waits for the peer.
    MutexLock lock(write_mu_);
    return !closed_ && stream_->Write(out);
  }

  void Close() override {
    closed_ = true;
    context_.TryCancel();
  }

 private:
  // Else Sync() itself waits until the call's metadata is on its way: for a
  // peer that is stopped, as long as gRPC tries to connect (twenty seconds).
  // Corked, it goes out with the first Send, on the sender's thread.
  static grpc::ClientContext* Corked(grpc::ClientContext* context) {
    context->set_initial_metadata_corked(true);
    return context;
  }

  void Read() {
    std::string why;
    v1::FromMaster in;
    while (stream_->Read(&in)) {
      absl::StatusOr<Message> message = FromProto(std::move(in));
      if (!message.ok()) {
        why = std::string(message.status().message());
        break;
      }
      handler_.OnMessage(id_, *std::move(message));
      in.Clear();
    }
    closed_ = true;
    context_.TryCancel();
    {
      MutexLock lock(write_mu_);  // Finish only when no write is under way
      const grpc::Status status = stream_->Finish();
      if (why.empty()) why = status.error_message();
    }
    handler_.OnClosed(id_, std::move(why));
  }

  grpc::ClientContext context_;
  const std::unique_ptr<v1::Replication::Stub> stub_;
  const std::unique_ptr<
      grpc::ClientReaderWriter<v1::FromReplica, v1::FromMaster>>
      stream_;
  const LinkId id_;
  LinkHandler& handler_;
  Mutex write_mu_;
  std::atomic<bool> closed_{false};
  Thread reader_;  // last: it uses the rest
};

class GrpcTransport final : public Transport {
 public:
  explicit GrpcTransport(size_t message_bytes_max)
      : message_bytes_max_(message_bytes_max) {}

  std::unique_ptr<Link> Dial(const std::string& address, LinkId link,
                             LinkHandler& handler) override {
    return std::make_unique<ClientLink>(
        MakeStreamChannel(address, message_bytes_max_), link, handler);
  }

 private:
  const size_t message_bytes_max_;
};

// --- The master's end

using Stream = grpc::ServerReaderWriter<v1::FromMaster, v1::FromReplica>;

// Outlives its stream: whoever holds it after the call has ended gets false.
class ServerLink final : public Link {
 public:
  ServerLink(grpc::ServerContext& context, Stream& stream)
      : context_(&context), stream_(&stream) {}

  bool Send(const Message& message) override {
    v1::FromMaster out;
    if (!ToProto(message, &out)) return false;
    MutexLock lock(write_mu_);
    return !closed_ && stream_ != nullptr && stream_->Write(out);
  }

  void Close() override {
    closed_ = true;
    MutexLock lock(context_mu_);
    if (context_ != nullptr) context_->TryCancel();
  }

  // The call is over: the stream and its context are about to go.
  void Detach() {
    Close();  // ends a write that waits for the peer
    MutexLock write_lock(write_mu_);
    stream_ = nullptr;
    MutexLock context_lock(context_mu_);
    context_ = nullptr;
  }

 private:
  std::atomic<bool> closed_{false};
  Mutex context_mu_;
  grpc::ServerContext* context_ ABSL_GUARDED_BY(context_mu_);
  // Held while writing, to keep two writers apart and the stream alive.
  Mutex write_mu_;
  Stream* stream_ ABSL_GUARDED_BY(write_mu_);
};

class GrpcLinkService final : public LinkService,
                              public v1::Replication::Service {
 public:
  explicit GrpcLinkService(LinkAcceptor& acceptor) : acceptor_(acceptor) {}

  grpc::Service* service() override { return this; }

  grpc::Status Sync(grpc::ServerContext* context, Stream* stream) override {
    const auto link = std::make_shared<ServerLink>(*context, *stream);
    const LinkId id = acceptor_.OnAccepted(link);
    std::string why = "the replica closed the stream";
    grpc::Status result;
    v1::FromReplica in;
    while (stream->Read(&in)) {
      absl::StatusOr<Message> message = FromProto(std::move(in));
      if (!message.ok()) {
        why = std::string(message.status().message());
        result = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, why);
        break;
      }
      acceptor_.OnMessage(id, *std::move(message));
      in.Clear();
    }
    link->Detach();
    acceptor_.OnClosed(id, std::move(why));
    return result;
  }

 private:
  LinkAcceptor& acceptor_;
};

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport(size_t message_bytes_max) {
  return std::make_unique<GrpcTransport>(message_bytes_max);
}

std::unique_ptr<LinkService> MakeLinkService(LinkAcceptor& acceptor) {
  return std::make_unique<GrpcLinkService>(acceptor);
}

}  // namespace vigil::replication
