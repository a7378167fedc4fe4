#include "replication/grpc_admission.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "replication/admission.h"
#include "replication/grpc_credentials.h"
#include "replication/openssl_certificate.h"
#include "replication/openssl_random.h"
#include "replication/said_lines.h"
#include "vigil/admission.grpc.pb.h"

namespace vigil::replication {
namespace {

// "-bin": any bytes.
constexpr char kPass[] = "vigil-pass-bin";

// The codes of both are the same numbers.
grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(status.message())};
}

std::string PassIn(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kPass);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

std::string Property(const grpc::AuthContext& context, const char* name) {
  const auto values = context.FindPropertyValues(name);
  if (values.empty()) return {};
  return {values.front().data(), values.front().size()};
}

class GrpcDoorkeeper final : public Doorkeeper,
                             public v1::Admission::CallbackService {
 public:
  GrpcDoorkeeper(const Credentials& credentials, std::string address,
                 const Clock& clock, Logger logger)
      : credentials_(credentials),
        clock_(clock),
        logger_(std::move(logger)),
        admission_(RandomBytes(32), std::move(address)) {}

  grpc::Service* service() override { return this; }

  grpc::Status Admit(const grpc::ServerContextBase& context) override {
    const auto now = credentials_.now();
    if (!now->security.admits()) return grpc::Status::OK;
    const std::string pass = PassIn(context);
    const absl::Status admitted =
        admission_.Check(pass, context.peer(), now->number, clock_.Mono());
    if (admitted.ok()) return grpc::Status::OK;
    // One who has a pass asks for another: nothing to be told.
    if (!pass.empty()) return ToGrpc(admitted);
    return Refuse(context,
                  "it asks for a shared secret or a certificate, and "
                  "none was shown");
  }

  grpc::ServerUnaryReactor* Challenge(grpc::CallbackServerContext* context,
                                      const v1::ChallengeRequest* in,
                                      v1::ChallengeReply* out) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    absl::StatusOr<std::string> challenge = admission_.Challenge(
        in->nonce(), context->peer(), RandomBytes(kNonceBytes), clock_.Mono());
    if (challenge.ok()) out->set_challenge(*std::move(challenge));
    reactor->Finish(ToGrpc(challenge.status()));
    return reactor;
  }

  grpc::ServerUnaryReactor* Prove(grpc::CallbackServerContext* context,
                                  const v1::ProveRequest* in,
                                  v1::ProveReply* out) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(Decide(*context, *in, *out));
    return reactor;
  }

 private:
  grpc::Status Decide(const grpc::ServerContextBase& context,
                      const v1::ProveRequest& in, v1::ProveReply& out) {
    const auto now = credentials_.now();
    const Security& security = now->security;
    if (security.tls && security.client_certificates) {
      const auto shown = context.auth_context();
      const std::string certificate =
          Property(*shown, GRPC_X509_PEM_CERT_PROPERTY_NAME);
      const std::string chain =
          Property(*shown, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME);
      const absl::Status believed =
          VerifyPeer({.certificate = certificate, .chain = chain},
                     security.material.authority, Side::kDials, std::nullopt);
      if (!believed.ok())
        return Refuse(context, std::string(believed.message()));
    }
    absl::StatusOr<Admission::Granted> granted =
        admission_.Prove({.nonce = in.nonce(),
                          .challenge = in.challenge(),
                          .address = in.address(),
                          .proof = in.proof()},
                         context.peer(), security.secrets, now->number,
                         RandomBytes(kNonceBytes), clock_.Mono());
    if (!granted.ok())
      return Refuse(context, std::string(granted.status().message()));
    out.set_proof(std::move(granted->proof));
    out.set_pass(std::move(granted->pass));
    return grpc::Status::OK;
  }

  grpc::Status Refuse(const grpc::ServerContextBase& context,
                      const std::string& why) {
    // Without the port, which is another one each time.
    const std::string peer = context.peer();
    const std::string line =
        absl::StrCat("refused ", peer.substr(0, peer.rfind(':')), ": ", why);
    bool say = false;
    {
      MutexLock lock(mu_);
      say = said_.Say(line, clock_.Mono());
    }
    if (say) Log(logger_, LogLevel::kWarning, line);
    return {grpc::StatusCode::UNAUTHENTICATED, why};
  }

  const Credentials& credentials_;
  const Clock& clock_;
  const Logger logger_;
  const Admission admission_;
  Mutex mu_;
  SaidLines said_ ABSL_GUARDED_BY(mu_);
};

// Each step's callback holds it.
class GrpcAdmissionCall final
    : public AdmissionCall,
      public std::enable_shared_from_this<GrpcAdmissionCall> {
 public:
  GrpcAdmissionCall(std::shared_ptr<grpc::Channel> channel,
                    std::shared_ptr<const Credentials::Version> credentials,
                    std::string address, absl::Time deadline,
                    std::function<void(absl::StatusOr<std::string>)> done)
      : stub_(v1::Admission::NewStub(channel)),
        credentials_(std::move(credentials)),
        done_(std::move(done)),
        nonce_(RandomBytes(kNonceBytes)) {
    prove_.set_address(std::move(address));
    challenge_context_.set_deadline(absl::ToChronoTime(deadline));
    prove_context_.set_deadline(absl::ToChronoTime(deadline));
  }

  void Begin() {
    challenge_.set_nonce(nonce_);
    stub_->async()->Challenge(
        &challenge_context_, &challenge_, &challenged_,
        [self = shared_from_this()](const grpc::Status& status) {
          if (!status.ok()) return self->End(self->InWords(status));
          self->Prove();
        });
  }

  void Cancel() override {
    challenge_context_.TryCancel();
    prove_context_.TryCancel();
  }

 private:
  void Prove() {
    prove_.set_nonce(nonce_);
    prove_.set_challenge(challenged_.challenge());
    prove_.set_proof(ProofOfDialler(credentials_->security.secrets, AsProof()));
    stub_->async()->Prove(
        &prove_context_, &prove_, &proved_,
        [self = shared_from_this()](const grpc::Status& status) {
          if (!status.ok()) return self->End(self->InWords(status));
          self->End(self->Judge());
        });
  }

  absl::StatusOr<std::string> Judge() const {
    if (IsProofOfDialled(credentials_->security.secrets, AsProof(),
                         proved_.proof())) {
      return proved_.pass();
    }
    return absl::UnauthenticatedError(
        absl::StrCat("this node refused ", prove_.address(),
                     ": it does not know the shared secret"));
  }

  Proof AsProof() const {
    return {.nonce = prove_.nonce(),
            .challenge = prove_.challenge(),
            .address = prove_.address(),
            .proof = {}};
  }

  absl::Status InWords(const grpc::Status& status) const {
    return FailureInWords(status, prove_.address(), credentials_->security.tls);
  }

  // What it holds ends with it: who asked may hold this call in turn.
  void End(absl::StatusOr<std::string> result) {
    std::exchange(done_, nullptr)(std::move(result));
  }

  const std::unique_ptr<v1::Admission::Stub> stub_;
  const std::shared_ptr<const Credentials::Version> credentials_;
  std::function<void(absl::StatusOr<std::string>)> done_;
  const std::string nonce_;
  grpc::ClientContext challenge_context_;
  grpc::ClientContext prove_context_;
  v1::ChallengeRequest challenge_;
  v1::ChallengeReply challenged_;
  v1::ProveRequest prove_;
  v1::ProveReply proved_;
};

}  // namespace

std::unique_ptr<Doorkeeper> MakeDoorkeeper(const Credentials& credentials,
                                           std::string address,
                                           const Clock& clock, Logger logger) {
  return std::make_unique<GrpcDoorkeeper>(credentials, std::move(address),
                                          clock, std::move(logger));
}

std::shared_ptr<AdmissionCall> AdmissionCall::Start(
    std::shared_ptr<grpc::Channel> channel,
    std::shared_ptr<const Credentials::Version> credentials,
    std::string address, absl::Time deadline,
    std::function<void(absl::StatusOr<std::string> pass)> done) {
  auto call = std::make_shared<GrpcAdmissionCall>(
      std::move(channel), std::move(credentials), std::move(address), deadline,
      std::move(done));
  call->Begin();
  return call;
}

void ShowPass(const std::string& pass, grpc::ClientContext& context) {
  if (!pass.empty()) context.AddMetadata(kPass, pass);
}

}  // namespace vigil::replication
