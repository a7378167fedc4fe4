#include "replication/admission.h"

#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "replication/openssl_hmac.h"

namespace vigil::replication {
namespace {

constexpr size_t kNumberBytes = 8;
constexpr size_t kMacBytes = 32;

std::string Number(uint64_t n) {
  std::string out(kNumberBytes, '\0');
  for (size_t i = 0; i < kNumberBytes; ++i)
    out[i] = static_cast<char>(n >> (8 * i));
  return out;
}

uint64_t ReadNumber(std::string_view s) {
  uint64_t n = 0;
  for (size_t i = 0; i < kNumberBytes; ++i)
    n |= uint64_t{static_cast<unsigned char>(s[i])} << (8 * i);
  return n;
}

// Each with its length before it: no two lists give the same bytes.
std::string Joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (std::string_view part : parts) {
    out += Number(part.size());
    out += part;
  }
  return out;
}

std::string MacOf(std::string_view secret, std::string_view side,
                  const Proof& what) {
  return Hmac(secret, Joined({"vigil admission 1", side, what.address,
                              what.nonce, what.challenge}));
}

std::string DialledMac(std::string_view secret, const Proof& what) {
  return MacOf(secret, "is dialled", what);
}

std::string DiallerMac(std::string_view secret, const Proof& what) {
  return MacOf(secret, "dials", what);
}

bool IsOver(int64_t since_ns, absl::Duration valid, MonoTime now) {
  const absl::Duration age = now - MonoTime{since_ns};
  return age < absl::ZeroDuration() || age > valid;
}

absl::Status Refused(std::string why) {
  return absl::UnauthenticatedError(std::move(why));
}

}  // namespace

std::string ProofOfDialler(const std::vector<std::string>& secrets,
                           const Proof& what) {
  return secrets.empty() ? std::string() : DiallerMac(secrets.front(), what);
}

bool IsProofOfDialled(const std::vector<std::string>& secrets,
                      const Proof& what, std::string_view proof) {
  if (secrets.empty()) return proof.empty();
  return SameBytes(proof, DialledMac(secrets.front(), what));
}

Admission::Admission(std::string key, std::string address)
    : key_(std::move(key)), address_(std::move(address)) {}

std::string Admission::Seal(std::string_view what, std::string_view peer,
                            std::string_view nonce,
                            std::string_view plain) const {
  return Hmac(key_, Joined({what, peer, nonce, plain}));
}

absl::StatusOr<std::string> Admission::Challenge(std::string_view nonce,
                                                 std::string_view peer,
                                                 std::string_view random,
                                                 MonoTime now) const {
  if (nonce.size() != kNonceBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the nonce has ", nonce.size(), " bytes, not ", kNonceBytes));
  }
  std::string plain = Number(static_cast<uint64_t>(now.ns));
  plain += random;
  return plain + Seal("challenge", peer, nonce, plain);
}

absl::StatusOr<Admission::Granted> Admission::Prove(
    const Proof& proof, std::string_view peer,
    const std::vector<std::string>& secrets, uint64_t version,
    std::string_view random, MonoTime now) const {
  const std::string_view challenge = proof.challenge;
  if (challenge.size() != kNumberBytes + kNonceBytes + kMacBytes) {
    return Refused("what it answers is no challenge of this node");
  }
  const std::string_view plain =
      challenge.substr(0, kNumberBytes + kNonceBytes);
  if (!SameBytes(challenge.substr(plain.size()),
                 Seal("challenge", peer, proof.nonce, plain)) ||
      IsOver(static_cast<int64_t>(ReadNumber(plain)), kChallengeValid, now)) {
    return Refused("what it answers is no challenge of this connection");
  }
  Granted granted;
  if (secrets.empty()) {
    if (!proof.proof.empty())
      return Refused("the other side has a shared secret, and this node none");
  } else {
    if (proof.proof.empty())
      return Refused("this node asks for a shared secret, and none was shown");
    for (const std::string& secret : secrets) {
      if (SameBytes(proof.proof, DiallerMac(secret, proof)))
        granted.proof = DialledMac(secret, proof);
    }
    if (granted.proof.empty())
      return Refused("the shared secret does not match");
    if (proof.address != address_) {
      return Refused(absl::StrCat("it means to reach '", proof.address,
                                  "', and this is '", address_, "'"));
    }
  }
  std::string pass = Number(static_cast<uint64_t>(now.ns)) + Number(version);
  pass += random;
  pass += Seal("pass", peer, {}, pass);
  granted.pass = std::move(pass);
  return granted;
}

absl::Status Admission::Check(std::string_view pass, std::string_view peer,
                              uint64_t version, MonoTime now) const {
  if (pass.empty()) return Refused("nobody was let in on this connection");
  constexpr size_t kPlainBytes = 2 * kNumberBytes + kNonceBytes;
  if (pass.size() != kPlainBytes + kMacBytes ||
      !SameBytes(pass.substr(kPlainBytes),
                 Seal("pass", peer, {}, pass.substr(0, kPlainBytes)))) {
    return Refused("the pass is not of this connection");
  }
  if (ReadNumber(pass.substr(kNumberBytes)) != version ||
      IsOver(static_cast<int64_t>(ReadNumber(pass)), kPassValid, now)) {
    return Refused("the pass is over");
  }
  return absl::OkStatus();
}

}  // namespace vigil::replication
