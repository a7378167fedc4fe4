#include "sentinel/grpc_sentinel.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "sentinel/wire.h"
#include "vigil/sentinel.grpc.pb.h"

namespace vigil::sentinel {
namespace {

// A question and its answer are some hundred bytes.
constexpr int kMessageBytesMax = 64 << 10;

// The codes of both are the same numbers.
grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(status.message())};
}

// gRPC has one code for "the process is gone" and "the network does not lead there";
// only its words tell them apart. A missing word here costs time (down_after instead
// of two refusals), a word too many could take a network fault for a death. The last two
// are said by a server that shuts down: ours, if it gets to it, or gRPC's.
Failure FailureOf(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return Failure::kTimeout;
  }
  if (status.error_code() == grpc::StatusCode::PERMISSION_DENIED) {
    return Failure::kUnwelcome;
  }
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    return Failure::kOther;
  }
  for (const char* words :
       {"Connection refused", "Socket closed", "Connection reset",
        "Broken pipe", "is closing", "Cancelling all calls"}) {
    if (status.error_message().find(words) != std::string::npos) {
      return Failure::kRefused;
    }
  }
  return Failure::kOther;
}

class GrpcTransport final : public Transport {
 public:
  ~GrpcTransport() override {
    MutexLock lock(mu_);
    for (Call* call : calls_) call->context.TryCancel();
    while (!calls_.empty()) ended_.Wait(mu_);
  }

  void Ask(const std::string& address, const Question& question,
           absl::Duration timeout,
           std::function<void(AskResult)> done) override {
    auto* call = new Call;
    call->done = std::move(done);
    call->context.set_deadline(std::chrono::system_clock::now() +
                               absl::ToChronoNanoseconds(timeout));
    ToProto(question, &call->question);
    v1::Sentinel::Stub& stub = Register(address, call);
    stub.async()->Ask(
        &call->context, &call->question, &call->answer,
        [this, call](const grpc::Status& status) { End(call, status); });
  }

 private:
  // One question under way.
  struct Call {
    std::function<void(AskResult)> done;
    grpc::ClientContext context;
    v1::Question question;
    v1::Answer answer;
  };

  static std::unique_ptr<v1::Sentinel::Stub> Dial(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // A refused connection is tried again at nearly every ping. gRPC's own pause is a
    // second and more.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
    // Despite its name: how long one attempt to connect may take.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
    // A proxy of the environment has no business between members.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
    return v1::Sentinel::NewStub(grpc::CreateCustomChannel(
        address, grpc::InsecureChannelCredentials(), arguments));
  }

  v1::Sentinel::Stub& Register(const std::string& address, Call* call) {
    MutexLock lock(mu_);
    calls_.insert(call);
    std::unique_ptr<v1::Sentinel::Stub>& stub = stubs_[address];
    if (stub == nullptr) stub = Dial(address);
    return *stub;  // the map's nodes stay where they are
  }

  void End(Call* call, const grpc::Status& status) {
    if (status.ok()) {
      call->done({.answer = FromProto(call->answer)});
    } else {
      call->done({.answer = absl::UnavailableError(status.error_message()),
                  .failure = FailureOf(status)});
    }
    // Under the lock to the end: the destructor may run as soon as it is released.
    MutexLock lock(mu_);
    calls_.erase(call);
    delete call;
    ended_.NotifyAll();
  }

  Mutex mu_;
  CondVar ended_;
  std::map<std::string, std::unique_ptr<v1::Sentinel::Stub>> stubs_
      ABSL_GUARDED_BY(mu_);
  std::set<Call*> calls_ ABSL_GUARDED_BY(mu_);
};

class GrpcSentinelService final : public SentinelService,
                                  public v1::Sentinel::CallbackService {
 public:
  explicit GrpcSentinelService(Answerer& answerer) : answerer_(answerer) {}

  grpc::Service* service() override { return this; }

  grpc::ServerUnaryReactor* Ask(grpc::CallbackServerContext* context,
                                const v1::Question* in,
                                v1::Answer* out) override {
    // Both live until Finish is called, whatever the asker does.
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    absl::StatusOr<Question> question = FromProto(*in);
    if (!question.ok()) {
      reactor->Finish(ToGrpc(question.status()));
      return reactor;
    }
    answerer_.Answer(*std::move(question),
                     [reactor, out](absl::StatusOr<Answer> answer) {
                       if (answer.ok()) ToProto(*answer, out);
                       reactor->Finish(ToGrpc(answer.status()));
                     });
    return reactor;
  }

 private:
  Answerer& answerer_;
};

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport() {
  return std::make_unique<GrpcTransport>();
}

std::unique_ptr<SentinelService> MakeSentinelService(Answerer& answerer) {
  return std::make_unique<GrpcSentinelService>(answerer);
}

}  // namespace vigil::sentinel
