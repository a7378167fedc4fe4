// Of OpenSSL's libcrypto: a keyed hash, and a comparison that takes the same time whatever
// is compared. Pure functions, so that a core may use them.
#ifndef VIGIL_REPLICATION_OPENSSL_HMAC_H_
#define VIGIL_REPLICATION_OPENSSL_HMAC_H_

#include <string>
#include <string_view>

namespace vigil::replication {

// HMAC-SHA256: 32 bytes.
std::string Hmac(std::string_view key, std::string_view message);

// How long it takes tells nothing of the bytes.
bool SameBytes(std::string_view a, std::string_view b);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_OPENSSL_HMAC_H_
