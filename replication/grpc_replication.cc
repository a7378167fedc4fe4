#include "replication/grpc_replication.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "replication/grpc_admission.h"
#include "replication/grpc_credentials.h"
#include "replication/wire.h"
#include "vigil/replication.grpc.pb.h"

namespace vigil::replication {
namespace {

// --- The replica's end

// How long it may take to be let in; a link that nobody answers is closed sooner.
constexpr absl::Duration kAdmissionTimeout = absl::Seconds(10);

class ClientLink final : public Link {
 public:
  ClientLink(std::shared_ptr<grpc::Channel> channel,
             std::shared_ptr<const Credentials::Version> credentials,
             const std::string& address, LinkId id, LinkHandler& handler)
      : channel_(std::move(channel)),
        credentials_(std::move(credentials)),
        address_(address),
        stub_(v1::Replication::NewStub(channel_)),
        id_(id),
        handler_(handler),
        reader_("vigil-link", [this] { Run(); }) {}

  ~ClientLink() override {
    Close();
    reader_.Join();
  }

  bool Send(const Message& message) override {
    v1::FromReplica out;
    if (!ToProto(message, &out)) return false;
    MutexLock lock(mu_);
    while ((!opened_ || writing_) && !closed_) changed_.Wait(mu_);
    return Write(out);
  }

  bool Offer(const Message& message) override {
    v1::FromReplica out;
    if (!ToProto(message, &out)) return false;
    MutexLock lock(mu_);
    return opened_ && !writing_ && Write(out);
  }

  void Close() override {
    MutexLock lock(mu_);
    closed_ = true;
    if (admission_ != nullptr) admission_->Cancel();
    context_.TryCancel();
    changed_.NotifyAll();
  }

 private:
  // What is under way on the completion queue, one of each at most.
  enum class Tag : intptr_t { kRead = 1, kWritten, kFinished };
  static void* ToVoid(Tag tag) { return reinterpret_cast<void*>(tag); }

  // Does not wait. False: the link is dead.
  bool Write(const v1::FromReplica& out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (closed_) return false;
    writing_ = true;
    stream_->Write(out, ToVoid(Tag::kWritten));
    return true;
  }

  // Whether it went well. What ends before is a write.
  bool Await(Tag wanted) {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok) && tag != ToVoid(wanted)) {
      MutexLock lock(mu_);
      writing_ = false;
      changed_.NotifyAll();
    }
    return ok;
  }

  void Run() {
    std::string why;
    if (const absl::StatusOr<std::string> pass = LetIn(); pass.ok()) {
      Open(*pass);
      why = Read();
    } else {
      why = std::string(pass.status().message());
      if (absl::IsUnauthenticated(pass.status()))
        handler_.OnMessage(id_, Refused{.promise = {}, .why = why});
    }
    Close();
    handler_.OnClosed(id_, std::move(why));
  }

  // The pass for the stream; empty if none is needed.
  absl::StatusOr<std::string> LetIn() {
    if (!credentials_->security.admits()) return std::string();
    std::optional<absl::StatusOr<std::string>> result;
    auto call = AdmissionCall::Start(channel_, credentials_, address_,
                                     absl::Now() + kAdmissionTimeout,
                                     [&](absl::StatusOr<std::string> pass) {
                                       MutexLock lock(mu_);
                                       result = std::move(pass);
                                       changed_.NotifyAll();
                                     });
    MutexLock lock(mu_);
    admission_ = std::move(call);
    if (closed_) admission_->Cancel();
    while (!result) changed_.Wait(mu_);
    return *std::move(result);
  }

  void Open(const std::string& pass) {
    ShowPass(pass, context_);
    // The call's metadata goes out with the first Send: nothing to wait for.
    context_.set_initial_metadata_corked(true);
    stream_ = stub_->PrepareAsyncSync(&context_, &queue_);
    stream_->StartCall(nullptr);
    MutexLock lock(mu_);
    opened_ = true;
    changed_.NotifyAll();
  }

  // Until the stream ends. Why it did.
  std::string Read() {
    v1::FromMaster in;
    const auto read = [&] {
      stream_->Read(&in, ToVoid(Tag::kRead));
      return Await(Tag::kRead);
    };
    while (read()) {
      absl::StatusOr<Message> message = FromProto(std::move(in));
      if (!message.ok()) {
        Close();
        Finish();
        return std::string(message.status().message());
      }
      handler_.OnMessage(id_, *std::move(message));
      in.Clear();
    }
    // Not cancelled first: that would be the status. Should the peer still have the
    // stream open (it sent what is no message), it is soon silent, and closed for that.
    const grpc::Status status = Finish();
    const absl::Status words =
        FailureInWords(status, address_, credentials_->security.tls);
    std::string why(words.message());
    if (absl::IsUnauthenticated(words))
      handler_.OnMessage(id_, Refused{.promise = {}, .why = why});
    return why;
  }

  grpc::Status Finish() {
    grpc::Status status;
    {
      MutexLock lock(mu_);
      closed_ = true;  // nothing is written any more
    }
    stream_->Finish(&status, ToVoid(Tag::kFinished));
    Await(Tag::kFinished);
    // A write that was under way has failed by now, and may have to be told yet.
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
    return status;
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::shared_ptr<const Credentials::Version> credentials_;
  const std::string address_;
  const std::unique_ptr<v1::Replication::Stub> stub_;
  const LinkId id_;
  LinkHandler& handler_;
  grpc::CompletionQueue queue_;  // of which the reader takes
  grpc::ClientContext context_;
  // Made once, by the reader, which alone reads; one at a time writes.
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<v1::FromReplica, v1::FromMaster>>
      stream_;
  Mutex mu_;
  CondVar changed_;
  std::shared_ptr<AdmissionCall> admission_ ABSL_GUARDED_BY(mu_);
  bool opened_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  Thread reader_;  // last: it uses the rest
};

class GrpcTransport final : public Transport {
 public:
  GrpcTransport(const Credentials& credentials, size_t message_bytes_max)
      : credentials_(credentials), message_bytes_max_(message_bytes_max) {}

  std::unique_ptr<Link> Dial(const std::string& address, LinkId link,
                             LinkHandler& handler) override {
    auto credentials = credentials_.now();
    auto channel =
        MakeChannel(address, credentials->security, message_bytes_max_, {});
    return std::make_unique<ClientLink>(
        std::move(channel), std::move(credentials), address, link, handler);
  }

 private:
  const Credentials& credentials_;
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
  GrpcLinkService(LinkAcceptor& acceptor, Doorkeeper& door)
      : acceptor_(acceptor), door_(door) {}

  grpc::Service* service() override { return this; }

  grpc::Status Sync(grpc::ServerContext* context, Stream* stream) override {
    if (grpc::Status s = door_.Admit(*context); !s.ok()) return s;
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
  Doorkeeper& door_;
};

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport(const Credentials& credentials,
                                             size_t message_bytes_max) {
  return std::make_unique<GrpcTransport>(credentials, message_bytes_max);
}

std::unique_ptr<LinkService> MakeLinkService(LinkAcceptor& acceptor,
                                             Doorkeeper& door) {
  return std::make_unique<GrpcLinkService>(acceptor, door);
}

}  // namespace vigil::replication
