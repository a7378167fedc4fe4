#include "vigil/live_security.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "replication/openssl_certificate.h"

namespace vigil {
namespace {

using replication::Security;
using replication::TlsMaterial;

absl::StatusOr<std::string> ReadFile(const char* option,
                                     const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || !content) {
    return absl::InvalidArgumentError(absl::StrCat(
        "security.tls.", option, " is '", path, "', which cannot be read"));
  }
  return content.str();
}

bool FromFiles(const TlsOptions& tls) { return !tls.certificate_file.empty(); }

// What the options name, checked.
absl::StatusOr<TlsMaterial> Load(const TlsOptions& tls) {
  TlsMaterial material{.certificate = tls.certificate_pem,
                       .key = tls.key_pem,
                       .authority = tls.authority_pem};
  if (FromFiles(tls)) {
    auto certificate = ReadFile("certificate_file", tls.certificate_file);
    if (!certificate.ok()) return certificate.status();
    auto key = ReadFile("key_file", tls.key_file);
    if (!key.ok()) return key.status();
    auto authority = ReadFile("authority_file", tls.authority_file);
    if (!authority.ok()) return authority.status();
    material = {*std::move(certificate), *std::move(key),
                *std::move(authority)};
  }
  const absl::Status fits =
      replication::CheckMaterial(material, tls.client_certificates);
  if (fits.ok()) return material;
  return absl::InvalidArgumentError(
      absl::StrCat("security.tls", FromFiles(tls) ? ".certificate_file '" : "",
                   FromFiles(tls) ? tls.certificate_file + "'" : "", ": ",
                   std::string(fits.message())));
}

absl::StatusOr<Security> ToSecurity(const SecurityOptions& options) {
  Security security{.secrets = options.secrets};
  if (!options.tls) return security;
  auto material = Load(*options.tls);
  if (!material.ok()) return material.status();
  security.tls = true;
  security.material = *std::move(material);
  security.client_certificates = options.tls->client_certificates;
  security.check_host = options.tls->check_host;
  return security;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LiveSecurity>> LiveSecurity::Make(
    const SecurityOptions& options, const Clock& clock, Logger logger) {
  auto security = ToSecurity(options);
  if (!security.ok()) return security.status();
  return std::unique_ptr<LiveSecurity>(new LiveSecurity(
      options, *std::move(security), clock, std::move(logger)));
}

LiveSecurity::LiveSecurity(const SecurityOptions& options, Security security,
                           const Clock& clock, Logger logger)
    : clock_(clock),
      logger_(std::move(logger)),
      credentials_(std::move(security)),
      options_(options) {
  if (options.tls) watcher_ = Thread("vigil-certs", [this] { Watch(); });
}

LiveSecurity::~LiveSecurity() {
  {
    MutexLock lock(mu_);
    ended_ = true;
    changed_.NotifyAll();
  }
  watcher_.Join();
}

absl::Status LiveSecurity::Update(const SecurityOptions& options) {
  auto security = ToSecurity(options);
  if (!security.ok()) return security.status();
  MutexLock lock(mu_);
  const Security& now = credentials_.now()->security;
  if (now.tls != security->tls ||
      (now.tls && now.client_certificates != security->client_certificates)) {
    return absl::FailedPreconditionError(
        "TLS and client certificates cannot be switched on or off while the "
        "node runs");
  }
  options_ = options;
  credentials_.Replace(*std::move(security));
  changed_.NotifyAll();
  return absl::OkStatus();
}

void LiveSecurity::Watch() {
  MonoTime looked = clock_.Mono();
  while (const auto tls = AwaitTurn(looked)) {
    LookAgain(*tls);
    looked = clock_.Mono();
  }
}

std::optional<TlsOptions> LiveSecurity::AwaitTurn(MonoTime looked) {
  MutexLock lock(mu_);
  while (!ended_) {
    const MonoTime due = FromFiles(*options_.tls)
                             ? looked + options_.tls->reload_period
                             : MonoTime::InfiniteFuture();
    if (clock_.Mono() >= due) return options_.tls;
    changed_.WaitUntil(mu_, due);
  }
  return std::nullopt;
}

void LiveSecurity::LookAgain(const TlsOptions& tls) {
  const auto material = Load(tls);
  if (!material.ok()) {
    const std::string complaint(material.status().message());
    if (complaint != std::exchange(complaint_, complaint)) {
      Log(logger_, LogLevel::kWarning,
          absl::StrCat("kept the old certificates: ", complaint));
    }
    return;
  }
  complaint_.clear();
  MutexLock lock(mu_);
  // Somebody may have told others meanwhile.
  if (!options_.tls || options_.tls->certificate_file != tls.certificate_file ||
      options_.tls->key_file != tls.key_file ||
      options_.tls->authority_file != tls.authority_file ||
      credentials_.now()->security.material == *material) {
    return;
  }
  credentials_.Replace(*material);
  Log(logger_, LogLevel::kNotice, "read new certificates");
}

}  // namespace vigil
