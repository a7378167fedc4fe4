// Admission: whoever dials a member is let in first. Pure: what is sent and checked.
//
//   dials                                   is dialled
//     nonce ─────────────────────────────▶
//           ◀───────────────────────────── challenge = time, random, seal
//     proof = HMAC(secret, "dials",
//       address, nonce, challenge) ──────▶  one of the secrets gives the same
//     the secret gives the same  ◀──────── proof = HMAC(secret, "is dialled", ...), pass
//     every other call, with the pass ───▶  its seal is good
//
// The secret is never sent. The one who dials proves first, so that a stranger who dials
// gets nothing to guess secrets with; and says nothing else before the other has proved,
// so that a stranger at a member's address learns nothing. A proof is good for one
// challenge, and for the address that was dialled: a stranger at one member's address
// cannot use it at another's. It is one member at a time that a relay could deceive, if
// it sits between the two on a link without TLS.
//
// The side that is dialled keeps nothing of it: a challenge and a pass are sealed with a
// key of this process, over the other end of the connection (the transport's name for
// it), so neither is good elsewhere, nor after a restart. A pass ends with the version of
// the credentials that it was given under.
//
// Thread-safety: immutable.
#ifndef VIGIL_REPLICATION_ADMISSION_H_
#define VIGIL_REPLICATION_ADMISSION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"

namespace vigil::replication {

// Bytes of a nonce, and of what is random in a challenge and a pass.
inline constexpr size_t kNonceBytes = 16;
// A peer answers a challenge at once; a pass is simply asked for again.
inline constexpr absl::Duration kChallengeValid = absl::Seconds(30);
inline constexpr absl::Duration kPassValid = absl::Minutes(10);

struct Proof {
  std::string nonce;
  std::string challenge;
  std::string address;  // that was dialled
  std::string proof;    // empty: there is no secret
};

// Of the one who dials. Empty without a secret.
std::string ProofOfDialler(const std::vector<std::string>& secrets,
                           const Proof& what);
// Whether the other side's proof fits. `what` as it was sent.
bool IsProofOfDialled(const std::vector<std::string>& secrets,
                      const Proof& what, std::string_view proof);

// The side that is dialled. `peer` is the other end of the connection.
class Admission {
 public:
  // `key` is random, and of this process only. `address`: where the others reach it.
  Admission(std::string key, std::string address);

  struct Granted {
    std::string proof;
    std::string pass;
  };

  // `random` has kNonceBytes. kInvalidArgument: the nonce is none.
  absl::StatusOr<std::string> Challenge(std::string_view nonce,
                                        std::string_view peer,
                                        std::string_view random,
                                        MonoTime now) const;

  // kUnauthenticated says why not, in words for the one who dialled.
  absl::StatusOr<Granted> Prove(const Proof& proof, std::string_view peer,
                                const std::vector<std::string>& secrets,
                                uint64_t version, std::string_view random,
                                MonoTime now) const;

  // kUnauthenticated: the pass is none, or no longer one.
  absl::Status Check(std::string_view pass, std::string_view peer,
                     uint64_t version, MonoTime now) const;

 private:
  std::string Seal(std::string_view what, std::string_view peer,
                   std::string_view nonce, std::string_view plain) const;

  const std::string key_;
  const std::string address_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_ADMISSION_H_
