#include "vigil/grpc_forwarding.h"

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "replication/grpc_admission.h"
#include "replication/grpc_credentials.h"
#include "vigil/forwarding.grpc.pb.h"
#include "vigil/wire.h"

namespace vigil {
namespace {

using Answered = ForwardTransport::Answered;
using replication::AdmissionCall;
using replication::Credentials;

// How long it may take to be let in by the master.
constexpr absl::Duration kAdmissionTimeout = absl::Seconds(10);

// Answers of one stream that are not sent yet, from which on no request of it is read.
constexpr size_t kAnswersMax = 4 * kSessionSlots;

absl::Status Broken(const std::string& why) {
  return absl::UnavailableError(
      absl::StrCat("the connection to the master broke: ", why));
}

// --- The node's end

// One stream:
//
//   Open ─▶ let in, if that is needed ─▶ Begin ─▶ requests, replies ─▶ OnDone
//              └── refused, or not in time ─▶ End
//
// Requests that come before it has begun wait in the queue. Whoever calls back, the
// admission or gRPC, refers to it until its end, so it holds itself until then.
class ClientStream final
    : public grpc::ClientBidiReactor<v1::ForwardRequest, v1::ForwardReply> {
 public:
  static std::shared_ptr<ClientStream> Open(const std::string& address,
                                            const Credentials& credentials,
                                            size_t message_bytes_max) {
    const auto stream = std::make_shared<ClientStream>(
        address, credentials.now(), message_bytes_max);
    stream->self_ = stream;
    stream->LetIn();
    return stream;
  }

  ClientStream(const std::string& address,
               std::shared_ptr<const Credentials::Version> credentials,
               size_t message_bytes_max)
      : address_(address),
        credentials_(std::move(credentials)),
        channel_(replication::MakeChannel(address, credentials_->security,
                                          message_bytes_max, {})),
        stub_(v1::Forwarding::NewStub(channel_)) {}

  // False: the stream is broken, and nothing was sent.
  bool Call(v1::ForwardRequest request, Answered& answered) {
    MutexLock lock(mu_);
    if (broken_) return false;
    request.set_call(++calls_);
    answered_.emplace(calls_, std::move(answered));
    queue_.push_back(std::move(request));
    if (begun_ && queue_.size() == 1) StartWrite(&queue_.front());
    return true;
  }

  void Close() {
    std::shared_ptr<AdmissionCall> admission;
    {
      MutexLock lock(mu_);
      closed_ = true;
      admission = admission_;
    }
    if (admission != nullptr) admission->Cancel();
    context_.TryCancel();
  }

  bool broken() const {
    MutexLock lock(mu_);
    return broken_;
  }
  void AwaitEnd() {
    MutexLock lock(mu_);
    while (!ended_) changed_.Wait(mu_);
  }

 private:
  void LetIn() {
    if (!credentials_->security.admits()) return Begin({});
    auto admission = AdmissionCall::Start(
        channel_, credentials_, address_, absl::Now() + kAdmissionTimeout,
        [self = self_](const absl::StatusOr<std::string>& pass) {
          pass.ok() ? self->Begin(*pass) : self->End(pass.status());
        });
    MutexLock lock(mu_);
    admission_ = std::move(admission);
    if (closed_) admission_->Cancel();
  }

  void Begin(const std::string& pass) {
    replication::ShowPass(pass, context_);
    stub_->async()->Forward(&context_, this);
    // Writes begin outside of its callbacks, too.
    AddHold();
    StartRead(&in_);
    {
      MutexLock lock(mu_);
      begun_ = true;
      if (!queue_.empty()) StartWrite(&queue_.front());
    }
    StartCall();
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mu_);
    queue_.pop_front();
    if (ok && !broken_ && !queue_.empty()) StartWrite(&queue_.front());
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      {
        MutexLock lock(mu_);
        broken_ = true;
      }
      // A call that is half open would never end.
      context_.TryCancel();
      return RemoveHold();
    }
    const uint64_t call = in_.call();
    absl::StatusOr<ForwardReply> reply = FromProto(std::move(in_));
    Answered answered;
    {
      MutexLock lock(mu_);
      if (const auto it = answered_.find(call); it != answered_.end()) {
        answered = std::move(it->second);
        answered_.erase(it);
      }
    }
    if (answered) answered(std::move(reply));
    in_.Clear();
    StartRead(&in_);
  }

  void OnDone(const grpc::Status& status) override {
    End(replication::FailureInWords(status, address_,
                                    credentials_->security.tls));
  }

  void End(const absl::Status& why) {
    std::map<uint64_t, Answered> unanswered;
    {
      MutexLock lock(mu_);
      broken_ = true;
      unanswered.swap(answered_);
    }
    for (auto& [call, answered] : unanswered)
      answered(Broken(std::string(why.message())));
    const std::shared_ptr<ClientStream> last = std::move(self_);
    MutexLock lock(mu_);
    ended_ = true;
    changed_.NotifyAll();
  }

  const std::string address_;
  const std::shared_ptr<const Credentials::Version> credentials_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::Forwarding::Stub> stub_;
  grpc::ClientContext context_;
  v1::ForwardReply in_;
  std::shared_ptr<ClientStream> self_;

  mutable Mutex mu_;
  CondVar changed_;
  uint64_t calls_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<v1::ForwardRequest> queue_ ABSL_GUARDED_BY(mu_);
  // In their order: they are told of a broken stream in it.
  std::map<uint64_t, Answered> answered_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<AdmissionCall> admission_ ABSL_GUARDED_BY(mu_);
  bool begun_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool broken_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

class GrpcForwardTransport final : public ForwardTransport {
 public:
  GrpcForwardTransport(const Credentials& credentials, size_t message_bytes_max)
      : credentials_(credentials), message_bytes_max_(message_bytes_max) {}
  ~GrpcForwardTransport() override { Close(); }

  void Call(const std::string& address, const ForwardRequest& request,
            Answered answered) override {
    v1::ForwardRequest out;
    ToProto(request, &out);
    if (const auto stream = StreamTo(address);
        stream != nullptr && stream->Call(std::move(out), answered)) {
      return;
    }
    answered(Broken("it was given up"));
  }

  void KeepOnly(const std::string& address) override {
    MutexLock lock(mu_);
    for (auto& [to, stream] : streams_) {
      if (to != address) stream->Close();
    }
  }

  void Close() override {
    std::vector<std::shared_ptr<ClientStream>> streams;
    {
      MutexLock lock(mu_);
      closed_ = true;
      for (auto& [to, stream] : streams_) streams.push_back(stream);
      for (auto& stream : replaced_) streams.push_back(stream);
    }
    for (const auto& stream : streams) stream->Close();
    for (const auto& stream : streams) stream->AwaitEnd();
  }

 private:
  std::shared_ptr<ClientStream> StreamTo(const std::string& address) {
    MutexLock lock(mu_);
    if (closed_) return nullptr;
    // Those that nothing but this list holds have ended.
    std::erase_if(replaced_,
                  [](const auto& stream) { return stream.use_count() == 1; });
    std::shared_ptr<ClientStream>& stream = streams_[address];
    if (stream == nullptr || stream->broken()) {
      if (stream != nullptr) replaced_.push_back(std::move(stream));
      stream = ClientStream::Open(address, credentials_, message_bytes_max_);
    }
    return stream;
  }

  const Credentials& credentials_;
  const size_t message_bytes_max_;
  Mutex mu_;
  std::map<std::string, std::shared_ptr<ClientStream>> streams_
      ABSL_GUARDED_BY(mu_);
  std::vector<std::shared_ptr<ClientStream>> replaced_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

// --- The master's end

// One stream. Whoever still has an answer for it when the call has ended keeps it.
class ServerStream final
    : public grpc::ServerBidiReactor<v1::ForwardRequest, v1::ForwardReply> {
 public:
  explicit ServerStream(ForwardHandler& handler) : handler_(handler) {}
  void Start(std::shared_ptr<ServerStream> self) {
    self_ = std::move(self);
    StartRead(&in_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return End();
    const uint64_t call = in_.call();
    const absl::StatusOr<ForwardRequest> request = FromProto(std::move(in_));
    if (request.ok()) {
      handler_.Serve(*request, [self = self_, call](const ForwardReply& reply) {
        self->Answer(call, reply);
      });
    } else {
      Answer(call, {.kind = ForwardReply::Kind::kRefused,
                    .status = request.status()});
    }
    in_.Clear();
    {
      MutexLock lock(mu_);
      if (queue_.size() >= kAnswersMax) {
        paused_ = true;
        return;
      }
    }
    StartRead(&in_);
  }

  void Answer(uint64_t call, const ForwardReply& reply) {
    v1::ForwardReply out;
    ToProto(reply, &out);
    out.set_call(call);
    MutexLock lock(mu_);
    if (ending_) return;
    queue_.push_back(std::move(out));
    if (queue_.size() == 1) StartWrite(&queue_.front());
  }

  void OnWriteDone(bool ok) override {
    bool read = false;
    bool finish = false;
    {
      MutexLock lock(mu_);
      queue_.pop_front();
      if (!ok || ending_) queue_.clear();
      if (!queue_.empty()) StartWrite(&queue_.front());
      finish = ending_ && queue_.empty();
      if (paused_ && queue_.size() < kAnswersMax) {
        paused_ = false;
        read = true;
      }
    }
    if (read) StartRead(&in_);
    if (finish) Finish(grpc::Status::OK);
  }

  // The client sends no more.
  void End() {
    bool finish = false;
    {
      MutexLock lock(mu_);
      ending_ = true;
      finish = queue_.empty();
    }
    if (finish) Finish(grpc::Status::OK);
  }

  void OnDone() override { const auto last = std::move(self_); }

  ForwardHandler& handler_;
  std::shared_ptr<ServerStream> self_;
  v1::ForwardRequest in_;
  Mutex mu_;
  std::deque<v1::ForwardReply> queue_ ABSL_GUARDED_BY(mu_);
  bool paused_ ABSL_GUARDED_BY(mu_) = false;
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
};

// The whole of a stream whose caller was not let in.
class RefusedStream final
    : public grpc::ServerBidiReactor<v1::ForwardRequest, v1::ForwardReply> {
 public:
  explicit RefusedStream(const grpc::Status& why) { Finish(why); }

 private:
  void OnDone() override { delete this; }
};

class GrpcForwardService final : public ForwardService,
                                 public v1::Forwarding::CallbackService {
 public:
  GrpcForwardService(ForwardHandler& handler, replication::Doorkeeper& door)
      : handler_(handler), door_(door) {}
  grpc::Service* service() override { return this; }

  grpc::ServerBidiReactor<v1::ForwardRequest, v1::ForwardReply>* Forward(
      grpc::CallbackServerContext* context) override {
    if (const grpc::Status s = door_.Admit(*context); !s.ok())
      return new RefusedStream(s);
    const auto stream = std::make_shared<ServerStream>(handler_);
    stream->Start(stream);
    return stream.get();
  }

 private:
  ForwardHandler& handler_;
  replication::Doorkeeper& door_;
};

}  // namespace

std::unique_ptr<ForwardTransport> MakeGrpcForwardTransport(
    const Credentials& credentials, size_t message_bytes_max) {
  return std::make_unique<GrpcForwardTransport>(credentials, message_bytes_max);
}

std::unique_ptr<ForwardService> MakeForwardService(
    ForwardHandler& handler, replication::Doorkeeper& door) {
  return std::make_unique<GrpcForwardService>(handler, door);
}

}  // namespace vigil
