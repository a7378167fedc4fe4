// Who may take part in a group: certificates, and a secret that the members share.
// Without either, whoever reaches a node's port can read and change everything.
//
//   vigil::Options o;
//   o.security.tls = vigil::TlsOptions{.certificate_file = "/etc/shop/a.crt",
//                                      .key_file = "/etc/shop/a.key",
//                                      .authority_file = "/etc/shop/ca.crt"};
//   o.security.secrets = {ReadSecret()};  // optional beside certificates
//
// A node that is refused, or refuses, says so in its log and its events (-unwelcome),
// and in NodeStatus::refusal and PeerStatus::refusal: which side refused, and why.
#ifndef VIGIL_SECURITY_H_
#define VIGIL_SECURITY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace vigil {

// TLS on every connection between nodes, in both directions. All in PEM: either three
// files, or what would be in them.
struct TlsOptions {
  // This node's certificate, followed by those between it and the authority, if any. It
  // is used as a server's and as a client's (where a certificate says what it is for, it
  // must say both). Its key, without a pass phrase. And the authority's certificate, or
  // several: whoever has a certificate of one of them is a member, so an authority of
  // the group's own is best; with one that is shared with others, use a secret, too.
  std::string certificate_file;
  std::string key_file;
  std::string authority_file;

  std::string certificate_pem;
  std::string key_pem;
  std::string authority_pem;

  // How often the files are looked at. What has changed, and fits together, is used by
  // connections from then on; what does not fit is logged, and the old stays in use.
  // Range: 100 ms to 1 h.
  absl::Duration reload_period = absl::Seconds(10);

  // Mutual TLS: a node that dials shows its certificate, too, and is let in only with a
  // good one. Without, only those that are dialled prove who they are: use a secret. The
  // same on all nodes.
  bool client_certificates = true;

  // The certificate of a node that is dialled must be for the host in its address in
  // `members`: a DNS name or an IP address among its subjectAltNames. Without, any
  // certificate of the authority will do, so that whoever has the key of one member can
  // pass for another where it answers at its address. It is not checked for Unix
  // sockets, nor for nodes that dial: those come from anywhere.
  bool check_host = true;
};

struct SecurityOptions {
  // Empty: connections are not encrypted. The same on all nodes.
  std::optional<TlsOptions> tls;

  // What all members know and nobody else, the same on all nodes. It is never sent: both
  // ends prove by a keyed hash that they know it, before anything else is said. Use
  // random bytes, 32 or more: whoever sees a proof can try guesses. Without TLS it keeps
  // strangers out, but who sits between two nodes can read and change what they send.
  //
  // The first is used to dial, each is accepted. To replace it without a gap, on all
  // nodes one after the other: {old, new}, then {new, old}, then {new}. None: nobody is
  // asked. Range: up to 2, of 16 to 1024 bytes each.
  std::vector<std::string> secrets;

  // kInvalidArgument names the first option that is out of range. Files are not read.
  absl::Status Validate() const;
};

}  // namespace vigil

#endif  // VIGIL_SECURITY_H_
