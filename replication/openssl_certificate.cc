#include "replication/openssl_certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace vigil::replication {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* what) const {
    Free(what);
  }
};

using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using Context = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const {
    sk_X509_pop_free(stack, X509_free);
  }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;

// OpenSSL keeps a thread's errors until somebody takes them. On gRPC's threads gRPC would,
// as the reason why its own next handshake fails.
struct NoErrorsLeft {
  ~NoErrorsLeft() { ERR_clear_error(); }
};

Bio BioOf(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// A key with a pass phrase is refused: the default asks on the terminal.
int NoPassPhrase(char*, int, int, void*) { return -1; }

// All that it holds, in its order; none if one of them is damaged.
std::vector<Certificate> ReadCertificates(std::string_view pem) {
  std::vector<Certificate> out;
  const Bio bio = BioOf(pem);
  ERR_clear_error();
  while (X509* read =
             PEM_read_bio_X509(bio.get(), nullptr, NoPassPhrase, nullptr)) {
    out.emplace_back(read);
  }
  const unsigned long why = ERR_peek_last_error();
  const bool at_end = ERR_GET_REASON(why) == PEM_R_NO_START_LINE;
  if (!at_end) out.clear();
  return out;
}

std::string SubjectOf(X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<size_t>(size)};
}

absl::Status Untrusted(X509* certificate, std::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat(
      "the certificate of '", SubjectOf(certificate), "': ", std::string(why)));
}

absl::Status CheckHost(X509* certificate, const std::string& host) {
  if (X509_check_ip_asc(certificate, host.c_str(), 0) == 1 ||
      X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1) {
    return absl::OkStatus();
  }
  return Untrusted(certificate, absl::StrCat("it is not for '", host, "'"));
}

absl::Status Verify(X509* leaf, const std::vector<Certificate>& between,
                    const std::vector<Certificate>& authority, Side side) {
  const Store store(X509_STORE_new());
  for (const Certificate& root : authority)
    X509_STORE_add_cert(store.get(), root.get());
  const Stack chain(sk_X509_new_null());
  for (const Certificate& one : between) {
    // Whoever sends its authority along is as foreign as one who does not, and the
    // reason is the same.
    if (X509_self_signed(one.get(), 0) == 1) continue;
    X509_up_ref(one.get());
    sk_X509_push(chain.get(), one.get());
  }
  const Context context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf, chain.get()) != 1) {
    return Untrusted(leaf, "there is no memory to check it");
  }
  X509_STORE_CTX_set_default(
      context.get(), side == Side::kDials ? "ssl_client" : "ssl_server");
  // An authority that is itself signed by another is one all the same.
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()),
                              X509_V_FLAG_PARTIAL_CHAIN);
  const bool good = X509_verify_cert(context.get()) == 1;
  const int why = X509_STORE_CTX_get_error(context.get());
  if (good) return absl::OkStatus();
  return Untrusted(leaf, X509_verify_cert_error_string(why));
}

absl::Status Wrong(std::string why) {
  return absl::InvalidArgumentError(std::move(why));
}

}  // namespace

absl::Status CheckMaterial(const TlsMaterial& material, bool dials) {
  const NoErrorsLeft at_the_end;
  const auto chain = ReadCertificates(material.certificate);
  if (chain.empty()) return Wrong("the certificate is not PEM");
  const auto authority = ReadCertificates(material.authority);
  if (authority.empty()) return Wrong("the authority's certificate is not PEM");
  const Key key(PEM_read_bio_PrivateKey(BioOf(material.key).get(), nullptr,
                                        NoPassPhrase, nullptr));
  if (key == nullptr)
    return Wrong("the key is not PEM, or asks for a pass phrase");
  X509* const leaf = chain.front().get();
  const bool fits = X509_check_private_key(leaf, key.get()) == 1;
  if (!fits) return Wrong("the key is not the certificate's");
  for (const Side side : {Side::kIsDialled, Side::kDials}) {
    if (side == Side::kDials && !dials) break;
    if (absl::Status s = Verify(leaf, chain, authority, side); !s.ok())
      return Wrong(std::string(s.message()));
  }
  return absl::OkStatus();
}

absl::Status VerifyPeer(const PeerCertificate& peer, std::string_view authority,
                        Side side, std::optional<std::string> host) {
  const NoErrorsLeft at_the_end;
  const auto leaf = ReadCertificates(peer.certificate);
  if (leaf.empty())
    return absl::UnauthenticatedError("no certificate was shown");
  const auto roots = ReadCertificates(authority);
  const auto between = ReadCertificates(peer.chain);
  X509* const shown = leaf.front().get();
  if (absl::Status s = Verify(shown, between, roots, side); !s.ok()) return s;
  return host ? CheckHost(shown, *host) : absl::OkStatus();
}

}  // namespace vigil::replication
