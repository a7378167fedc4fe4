// Certificates, by OpenSSL's libcrypto: whether what a node was given fits together, and
// whether a peer's certificate is to be believed. Errors are in words for an operator.
//
// Thread-safe. The machine's wall clock decides what has expired.
#ifndef VIGIL_REPLICATION_OPENSSL_CERTIFICATE_H_
#define VIGIL_REPLICATION_OPENSSL_CERTIFICATE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "replication/security.h"

namespace vigil::replication {

// kInvalidArgument: a part is no PEM, the key is not the certificate's, or nobody who
// believes this authority would believe the certificate now, of a side that is dialled
// or, with `dials`, of one that dials.
absl::Status CheckMaterial(const TlsMaterial& material, bool dials);

enum class Side { kDials, kIsDialled };

// What a peer showed, in PEM.
struct PeerCertificate {
  std::string_view certificate;
  std::string_view chain;  // between it and the authority; may hold it, too
};

// kUnauthenticated names the subject and says why it is not believed. `host`: a name or
// an IP address that the certificate must be for.
absl::Status VerifyPeer(const PeerCertificate& peer, std::string_view authority,
                        Side side, std::optional<std::string> host);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_OPENSSL_CERTIFICATE_H_
