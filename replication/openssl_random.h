// Random bytes for keys and nonces, by OpenSSL's generator.
//
// Thread-safe.
#ifndef VIGIL_REPLICATION_OPENSSL_RANDOM_H_
#define VIGIL_REPLICATION_OPENSSL_RANDOM_H_

#include <cstddef>
#include <string>

namespace vigil::replication {

std::string RandomBytes(size_t count);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_OPENSSL_RANDOM_H_
