#include "sentinel/grpc_sentinel.h"

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "replication/grpc_admission.h"
#include "replication/grpc_credentials.h"
#include "sentinel/wire.h"
#include "vigil/sentinel.grpc.pb.h"

namespace vigil::sentinel {
namespace {

// A question and its answer are some hundred bytes.
constexpr size_t kMessageBytesMax = 64 << 10;

// The codes of both are the same numbers.
grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(status.message())};
}

// gRPC has one code for "the process is gone" and "the network does not lead there";
// only its words tell them apart. A missing word here costs time (down_after instead
// of two refusals), a word too many could take a network fault for a death. The last two
// are said by a server that shuts down: ours, if it gets to it, or gRPC's.
Failure FailureOf(const absl::Status& why) {
  if (absl::IsDeadlineExceeded(why)) return Failure::kTimeout;
  if (absl::IsUnauthenticated(why) || absl::IsPermissionDenied(why))
    return Failure::kUnwelcome;
  if (!absl::IsUnavailable(why)) return Failure::kOther;
  for (const char* words :
       {"Connection refused", "Socket closed", "Connection reset",
        "Broken pipe", "is closing", "Cancelling all calls"}) {
    if (why.message().find(words) != absl::string_view::npos)
      return Failure::kRefused;
  }
  return Failure::kOther;
}

using replication::AdmissionCall;
using replication::Credentials;

// One member that is asked, under one version of the credentials.
struct Peer {
  std::string address;
  std::shared_ptr<const Credentials::Version> credentials;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Sentinel::Stub> stub;
  Mutex mu;
  std::string pass ABSL_GUARDED_BY(mu);  // empty: not let in yet
};

std::shared_ptr<Peer> Dial(
    const std::string& address,
    std::shared_ptr<const Credentials::Version> credentials) {
  grpc::ChannelArguments arguments;
  // A refused connection is tried again at nearly every ping. gRPC's own pause is a
  // second and more.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  // Despite its name: how long one attempt to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  auto peer = std::make_shared<Peer>();
  peer->address = address;
  peer->channel = replication::MakeChannel(address, credentials->security,
                                           kMessageBytesMax, arguments);
  peer->stub = v1::Sentinel::NewStub(peer->channel);
  peer->credentials = std::move(credentials);
  return peer;
}

// One question under way: let in if that is needed, asked, and both again if the peer
// does not know the pass: it, its credentials or the connection are others since.
//
//   Begin ──▶ LetIn ──▶ Send ──▶ done
//      └── has a pass ───▲ │
//               LetIn ◀────┘ the pass is void
//
// Thread-safety: its steps follow each other; Cancel() from any thread.
class Call : public std::enable_shared_from_this<Call> {
 public:
  Call(std::shared_ptr<Peer> peer, const Question& question,
       absl::Duration timeout, std::function<void(AskResult)> done)
      : peer_(std::move(peer)),
        deadline_(absl::Now() + timeout),
        done_(std::move(done)) {
    ToProto(question, &question_);
  }

  void Begin() {
    if (!peer_->credentials->security.admits()) return Send({});
    std::string pass;
    {
      MutexLock lock(peer_->mu);
      pass = peer_->pass;
    }
    if (pass.empty()) return LetIn();
    Send(pass);
  }

  void Cancel() {
    MutexLock lock(mu_);
    cancelled_ = true;
    if (admission_ != nullptr) admission_->Cancel();
    if (context_ != nullptr) context_->TryCancel();
  }

 private:
  void LetIn() {
    --admissions_left_;
    auto admission = AdmissionCall::Start(
        peer_->channel, peer_->credentials, peer_->address, deadline_,
        [self = shared_from_this()](absl::StatusOr<std::string> pass) {
          if (!pass.ok()) return self->Fail(pass.status());
          {
            MutexLock lock(self->peer_->mu);
            self->peer_->pass = *pass;
          }
          self->Send(*pass);
        });
    MutexLock lock(mu_);
    admission_ = std::move(admission);
    if (cancelled_) admission_->Cancel();
  }

  void Send(const std::string& pass) {
    grpc::ClientContext* context = nullptr;
    {
      MutexLock lock(mu_);
      context_ = std::make_unique<grpc::ClientContext>();
      context = context_.get();
      if (cancelled_) context->TryCancel();
    }
    context->set_deadline(absl::ToChronoTime(deadline_));
    replication::ShowPass(pass, *context);
    peer_->stub->async()->Ask(
        context, &question_, &answer_,
        [self = shared_from_this()](const grpc::Status& status) {
          self->OnStatus(status);
        });
  }

  void OnStatus(const grpc::Status& status) {
    if (status.ok()) return done_({.answer = FromProto(answer_)});
    // Who is not welcome is told when it asks to be let in.
    if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED &&
        peer_->credentials->security.admits() && admissions_left_ > 0) {
      return LetIn();
    }
    Fail(replication::FailureInWords(status, peer_->address,
                                     peer_->credentials->security.tls));
  }

  void Fail(const absl::Status& why) {
    done_({.answer = why, .failure = FailureOf(why)});
  }

  const std::shared_ptr<Peer> peer_;
  const absl::Time deadline_;
  const std::function<void(AskResult)> done_;
  v1::Question question_;
  v1::Answer answer_;
  int admissions_left_ = 2;
  Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<AdmissionCall> admission_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mu_);
};

class GrpcTransport final : public Transport {
 public:
  explicit GrpcTransport(const Credentials& credentials)
      : credentials_(credentials) {}

  ~GrpcTransport() override {
    std::vector<std::shared_ptr<Call>> under_way;
    {
      MutexLock lock(mu_);
      for (const auto& [id, call] : calls_) under_way.push_back(call);
    }
    for (const auto& call : under_way) call->Cancel();
    MutexLock lock(mu_);
    while (!calls_.empty()) ended_.Wait(mu_);
  }

  void Ask(const std::string& address, const Question& question,
           absl::Duration timeout,
           std::function<void(AskResult)> done) override {
    std::shared_ptr<Call> call;
    {
      MutexLock lock(mu_);
      const uint64_t id = ++asked_;
      call = std::make_shared<Call>(
          PeerAt(address), question, timeout,
          [this, id, done = std::move(done)](AskResult result) {
            done(std::move(result));
            End(id);
          });
      calls_.emplace(id, call);
    }
    call->Begin();
  }

 private:
  std::shared_ptr<Peer> PeerAt(const std::string& address)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    auto credentials = credentials_.now();
    std::shared_ptr<Peer>& peer = peers_[address];
    if (peer == nullptr || peer->credentials->number != credentials->number)
      peer = Dial(address, std::move(credentials));
    return peer;
  }

  void End(uint64_t id) {
    std::shared_ptr<Call> call;  // gone when its own callback is
    // Under the lock to the end: the destructor may run as soon as it is released.
    MutexLock lock(mu_);
    const auto it = calls_.find(id);
    call = std::move(it->second);
    calls_.erase(it);
    ended_.NotifyAll();
  }

  const Credentials& credentials_;
  Mutex mu_;
  CondVar ended_;
  uint64_t asked_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, std::shared_ptr<Peer>> peers_ ABSL_GUARDED_BY(mu_);
  std::map<uint64_t, std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mu_);
};

class GrpcSentinelService final : public SentinelService,
                                  public v1::Sentinel::CallbackService {
 public:
  GrpcSentinelService(Answerer& answerer, replication::Doorkeeper& door)
      : answerer_(answerer), door_(door) {}

  grpc::Service* service() override { return this; }

  grpc::ServerUnaryReactor* Ask(grpc::CallbackServerContext* context,
                                const v1::Question* in,
                                v1::Answer* out) override {
    // Both live until Finish is called, whatever the asker does.
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (grpc::Status s = door_.Admit(*context); !s.ok()) {
      reactor->Finish(std::move(s));
      return reactor;
    }
    // The server's own limit is that of the replication's stream.
    if (in->ByteSizeLong() > kMessageBytesMax) {
      reactor->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED,
                       "the question is larger than any that there is"});
      return reactor;
    }
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
  replication::Doorkeeper& door_;
};

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport(
    const replication::Credentials& credentials) {
  return std::make_unique<GrpcTransport>(credentials);
}

std::unique_ptr<SentinelService> MakeSentinelService(
    Answerer& answerer, replication::Doorkeeper& door) {
  return std::make_unique<GrpcSentinelService>(answerer, door);
}

}  // namespace vigil::sentinel
