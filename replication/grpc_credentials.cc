#include "replication/grpc_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "replication/grpc_callback_threads.h"
#include "replication/openssl_certificate.h"

namespace vigil::replication {
namespace {

namespace tls = grpc::experimental;

constexpr char kVerdict[] = "this node does not believe ";

std::string_view View(const grpc::string_ref& s) {
  return {s.data(), s.size()};
}

// The part of "host:port" or "[host]:port" that a certificate is for. A Unix socket has
// none: its folder's permissions say who may listen there.
std::optional<std::string> HostOf(const std::string& address) {
  if (address.starts_with("unix:")) return std::nullopt;
  std::string host = address.substr(0, address.rfind(':'));
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return host;
}

// Checks the certificate of the member that was dialled, at the end of the handshake.
class DialledVerifier final : public tls::ExternalCertificateVerifier {
 public:
  DialledVerifier(std::string authority, std::optional<std::string> host)
      : authority_(std::move(authority)), host_(std::move(host)) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const absl::Status verdict =
        VerifyPeer({.certificate = View(request->peer_cert()),
                    .chain = View(request->peer_cert_full_chain())},
                   authority_, Side::kIsDialled, host_);
    if (!verdict.ok()) {
      *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                                  kVerdict + std::string(verdict.message()));
    }
    return true;
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::string authority_;
  const std::optional<std::string> host_;
};

std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(
    const Security& security, const std::string& address) {
  if (!security.tls) return grpc::InsecureChannelCredentials();
  const TlsMaterial& material = security.material;
  std::vector<tls::IdentityKeyCertPair> identity;
  if (security.client_certificates)
    identity.push_back({material.key, material.certificate});
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(
      std::make_shared<tls::StaticDataCertificateProvider>(material.authority,
                                                           identity));
  options.watch_root_certs();
  if (!identity.empty()) options.watch_identity_key_cert_pairs();
  // Checked by ours, instead: gRPC's says "verify failed", whatever the reason.
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<DialledVerifier>(
          material.authority,
          security.check_host ? HostOf(address) : std::nullopt));
  return tls::TlsCredentials(options);
}

// gRPC's own classes reload files only, once a second at most. Its core asks for the
// material at each handshake; this is that, as a class.
class ReloadedServerCredentials final : public grpc::ServerCredentials {
 public:
  explicit ReloadedServerCredentials(const Credentials& credentials)
      : credentials_(credentials) {}

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    const bool ask = credentials_.now()->security.client_certificates;
    grpc_server_credentials* made =
        grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                ask ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY
                    : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
                &ReloadedServerCredentials::Fetch, this));
    const int port = grpc_server_add_http2_port(server, address.c_str(), made);
    grpc_server_credentials_release(made);
    return port;
  }

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<ReloadedServerCredentials*>(self)->Fetch(config);
  }

  grpc_ssl_certificate_config_reload_status Fetch(
      grpc_ssl_server_certificate_config** config) {
    const auto now = credentials_.now();
    MutexLock lock(mu_);
    if (now->number == fetched_)
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const TlsMaterial& material = now->security.material;
    const grpc_ssl_pem_key_cert_pair identity{material.key.c_str(),
                                              material.certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(
        material.authority.c_str(), &identity, 1);
    fetched_ = now->number;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const Credentials& credentials_;
  Mutex mu_;
  uint64_t fetched_ ABSL_GUARDED_BY(mu_) = 0;
};

// Longer than a lossy network takes for a packet, far below what TCP's pauses reach.
constexpr int kUnacknowledgedMsMax = 3000;
constexpr int kDayMs = 24 * 60 * 60 * 1000;

bool Holds(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const Security& security,
                                           size_t message_bytes_max,
                                           grpc::ChannelArguments arguments) {
  KeepGrpcCallbackThreads();
  arguments.SetMaxReceiveMessageSize(static_cast<int>(message_bytes_max));
  arguments.SetMaxSendMessageSize(static_cast<int>(message_bytes_max));
  // A connection of its own: bulk data must not delay a sentinel's ping, and a new dial
  // must not inherit an old one's back-off.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A connection whose packets were lost tries again at ever longer intervals, up to two
  // minutes, and knows nothing of it when the network is well again. So what was sent and
  // not acknowledged by the other machine for this long ends it (TCP_USER_TIMEOUT; a slow
  // network acknowledges bit by bit), and it is dialled anew. gRPC sets that only together
  // with its own keep-alive, which would take a busy connection for a dead one: once a day.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kUnacknowledgedMsMax);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kDayMs);
  // A proxy of the environment has no business between members.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(
      address, ChannelCredentialsOf(security, address), arguments);
}

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(
    const Credentials& credentials) {
  if (!credentials.now()->security.tls)
    return grpc::InsecureServerCredentials();
  return std::make_shared<ReloadedServerCredentials>(credentials);
}

// What happens in a TLS handshake gRPC tells by words only. A word missed here costs a
// good error message.
absl::Status FailureInWords(const grpc::Status& status,
                            const std::string& address, bool tls) {
  const std::string& said = status.error_message();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kUnauthenticated ||
      code == absl::StatusCode::kPermissionDenied) {
    return {code, absl::StrCat(address, " refused this node: ", said)};
  }
  if (code != absl::StatusCode::kUnavailable) return {code, said};
  if (const size_t verdict = said.find(kVerdict);
      verdict != std::string::npos) {
    return absl::UnauthenticatedError(
        absl::StrCat("this node refused ", address, ": ",
                     said.substr(verdict + sizeof(kVerdict) - 1)));
  }
  if (tls && Holds(said, "wrong version number")) {
    return absl::UnauthenticatedError(
        absl::StrCat("this node refused ", address, ": it does not speak TLS"));
  }
  const bool cut = Holds(said, "failed to connect") &&
                   (Holds(said, "Socket closed") || Holds(said, "reset"));
  if (!tls && cut) {
    return absl::UnavailableError(absl::StrCat(
        address,
        " closed the connection before a word was said: either it "
        "asks for TLS, which this node does not use, or it ended (",
        said, ")"));
  }
  return absl::UnavailableError(said);
}

}  // namespace vigil::replication
