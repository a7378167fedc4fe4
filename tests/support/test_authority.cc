#include "tests/support/test_authority.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>

namespace vigil::test {
namespace {

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Bio = std::unique_ptr<BIO, Free>;

void Must(bool done) {
  if (!done) std::abort();
}

std::string Text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

std::string Pem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return Text(bio.get());
}

std::string Pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                nullptr) == 1);
  return Text(bio.get());
}

void Extend(X509* certificate, X509* issuer, int what,
            const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  Must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// Everything but extensions and signature.
Certificate Draft(const std::string& name, EVP_PKEY* key, absl::Duration begins,
                  absl::Duration ends) {
  Certificate made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  uint32_t serial = 0;
  Must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) ==
       1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()),
                  absl::ToInt64Seconds(begins));
  X509_gmtime_adj(X509_getm_notAfter(made.get()), absl::ToInt64Seconds(ends));
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(made.get(), key);
  return made;
}

}  // namespace

struct TestAuthority::Own {
  Key key;
  Certificate certificate;
};

TestAuthority::TestAuthority(const std::string& name)
    : own_(std::make_unique<Own>()) {
  own_->key.reset(EVP_EC_gen("P-256"));
  own_->certificate =
      Draft(name, own_->key.get(), -absl::Hours(24), absl::Hours(24));
  X509* const made = own_->certificate.get();
  X509_set_issuer_name(made, X509_get_subject_name(made));
  Extend(made, made, NID_basic_constraints, "critical,CA:TRUE");
  Extend(made, made, NID_subject_key_identifier, "hash");
  Must(X509_sign(made, own_->key.get(), EVP_sha256()) > 0);
  certificate_ = Pem(made);
}

TestAuthority::~TestAuthority() = default;

TestAuthority::Issued TestAuthority::Issue(const std::string& name,
                                           const Terms& terms) const {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate made = Draft(name, key.get(), terms.begins, terms.ends);
  X509* const issuer = own_->certificate.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  Extend(made.get(), issuer, NID_authority_key_identifier, "keyid");
  Extend(made.get(), issuer, NID_subject_alt_name, terms.for_whom);
  Extend(made.get(), issuer, NID_ext_key_usage, terms.use);
  Must(X509_sign(made.get(), own_->key.get(), EVP_sha256()) > 0);
  return {.certificate = Pem(made.get()), .key = Pem(key.get())};
}

}  // namespace vigil::test
