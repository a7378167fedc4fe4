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
#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "replication/grpc_channel.h"
#include "vigil/forwarding.grpc.pb.h"
#include "vigil/wire.h"

namespace vigil {
namespace {

using Answered = ForwardTransport::Answered;

// Answers of one stream that are not sent yet, from which on no request of it is read.
constexpr size_t kAnswersMax = 4 * kSessionSlots;

absl::Status Broken(const std::string& why) {
  return absl::UnavailableError(
      absl::StrCat("the connection to the master broke: ", why));
}

// --- The node's end

// One stream. gRPC refers to it until OnDone, so it holds itself until then.
class ClientStream final
    : public grpc::ClientBidiReactor<v1::ForwardRequest, v1::ForwardReply> {
 public:
  static std::shared_ptr<ClientStream> Open(const std::string& address,
                                            size_t message_bytes_max) {
    const auto stream = std::make_shared<ClientStream>();
    stream->self_ = stream;
    stream->channel_ =
        replication::MakeStreamChannel(address, message_bytes_max);
    stream->stub_ = v1::Forwarding::NewStub(stream->channel_);
    stream->stub_->async()->Forward(&stream->context_, stream.get());
    // Writes begin outside of its callbacks, too.
    stream->AddHold();
    stream->StartRead(&stream->in_);
    stream->StartCall();
    return stream;
  }

  // False: the stream is broken, and nothing was sent.
  bool Call(v1::ForwardRequest request, Answered& answered) {
    MutexLock lock(mu_);
    if (broken_) return false;
    request.set_call(++calls_);
    answered_.emplace(calls_, std::move(answered));
    queue_.push_back(std::move(request));
    if (queue_.size() == 1) StartWrite(&queue_.front());
    return true;
  }

  void Close() { context_.TryCancel(); }

  bool broken() const {
    MutexLock lock(mu_);
    return broken_;
  }
  void AwaitEnd() {
    MutexLock lock(mu_);
    while (!ended_) changed_.Wait(mu_);
  }

 private:
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
    std::map<uint64_t, Answered> unanswered;
    {
      MutexLock lock(mu_);
      broken_ = true;
      unanswered.swap(answered_);
    }
    for (auto& [call, answered] : unanswered)
      answered(Broken(status.error_message()));
    const std::shared_ptr<ClientStream> last = std::move(self_);
    MutexLock lock(mu_);
    ended_ = true;
    changed_.NotifyAll();
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Forwarding::Stub> stub_;
  grpc::ClientContext context_;
  v1::ForwardReply in_;
  std::shared_ptr<ClientStream> self_;

  mutable Mutex mu_;
  CondVar changed_;
  uint64_t calls_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<v1::ForwardRequest> queue_ ABSL_GUARDED_BY(mu_);
  // In their order: they are told of a broken stream in it.
  std::map<uint64_t, Answered> answered_ ABSL_GUARDED_BY(mu_);
  bool broken_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

class GrpcForwardTransport final : public ForwardTransport {
 public:
  explicit GrpcForwardTransport(size_t message_bytes_max)
      : message_bytes_max_(message_bytes_max) {}
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
      stream = ClientStream::Open(address, message_bytes_max_);
    }
    return stream;
  }

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

class GrpcForwardService final : public ForwardService,
                                 public v1::Forwarding::CallbackService {
 public:
  explicit GrpcForwardService(ForwardHandler& handler) : handler_(handler) {}
  grpc::Service* service() override { return this; }

  grpc::ServerBidiReactor<v1::ForwardRequest, v1::ForwardReply>* Forward(
      grpc::CallbackServerContext*) override {
    const auto stream = std::make_shared<ServerStream>(handler_);
    stream->Start(stream);
    return stream.get();
  }

 private:
  ForwardHandler& handler_;
};

}  // namespace

std::unique_ptr<ForwardTransport> MakeGrpcForwardTransport(
    size_t message_bytes_max) {
  return std::make_unique<GrpcForwardTransport>(message_bytes_max);
}

std::unique_ptr<ForwardService> MakeForwardService(ForwardHandler& handler) {
  return std::make_unique<GrpcForwardService>(handler);
}

}  // namespace vigil
