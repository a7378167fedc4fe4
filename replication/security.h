// Security: what members prove to each other, and with what. Explained in
// vigil/security.h.
#ifndef VIGIL_REPLICATION_SECURITY_H_
#define VIGIL_REPLICATION_SECURITY_H_

#include <string>
#include <vector>

namespace vigil::replication {

// In PEM.
struct TlsMaterial {
  std::string certificate;  // of this node, then those up to the authority
  std::string key;
  std::string authority;  // whose certificates are believed
  friend bool operator==(const TlsMaterial&, const TlsMaterial&) = default;
};

struct Security {
  bool tls = false;
  TlsMaterial material;
  bool client_certificates = true;  // whoever dials shows one, too
  bool check_host = true;
  // The first is used, all are accepted. None: nobody is asked.
  std::vector<std::string> secrets;

  // Whoever dials has to be let in first.
  bool admits() const {
    return !secrets.empty() || (tls && client_certificates);
  }
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_SECURITY_H_
