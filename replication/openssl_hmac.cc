#include "replication/openssl_hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

namespace vigil::replication {
namespace {

const unsigned char* Bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

}  // namespace

std::string Hmac(std::string_view key, std::string_view message) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  // It fails only without memory; to go on without a hash would let anybody in.
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           Bytes(message), message.size(), out, &size) == nullptr) {
    std::abort();
  }
  return {reinterpret_cast<const char*>(out), size};
}

bool SameBytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace vigil::replication
