#include "replication/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "replication/openssl_hmac.h"
#include "replication/openssl_random.h"

namespace vigil::replication {
namespace {

using Secrets = std::vector<std::string>;
using testing::HasSubstr;

const std::string kNonce(kNonceBytes, 'n');
const std::string kRandom(kNonceBytes, 'r');
constexpr char kPeer[] = "ipv4:10.0.0.1:4711";
constexpr char kAddress[] = "b:7002";

class AdmissionTest : public testing::Test {
 protected:
  // What one who has `secrets` sends in answer to a challenge.
  Proof ProofWith(const Secrets& secrets) {
    Proof proof{.nonce = kNonce,
                .challenge = *b_.Challenge(kNonce, kPeer, kRandom, now_),
                .address = kAddress,
                .proof = {}};
    proof.proof = ProofOfDialler(secrets, proof);
    return proof;
  }
  absl::StatusOr<Admission::Granted> Prove(const Proof& proof,
                                           const Secrets& secrets,
                                           std::string_view peer = kPeer) {
    return b_.Prove(proof, peer, secrets, version_, kRandom, now_);
  }

  const Admission b_{"the key of b's process", kAddress};
  MonoTime now_{1'000'000'000};
  uint64_t version_ = 1;
};

TEST_F(AdmissionTest, BothKnowTheSecret) {
  const Secrets secrets = {"one"};
  const Proof proof = ProofWith(secrets);
  const auto granted = Prove(proof, secrets);
  ASSERT_TRUE(granted.ok()) << granted.status();
  EXPECT_TRUE(IsProofOfDialled(secrets, proof, granted->proof));
  EXPECT_TRUE(b_.Check(granted->pass, kPeer, version_, now_).ok());
}

TEST_F(AdmissionTest, WhileASecretIsReplacedAllPairsOfNodesGetOn) {
  const std::vector<Secrets> order = {
      {"old"}, {"old", "new"}, {"new", "old"}, {"new"}};
  for (size_t i = 0; i + 1 < order.size(); ++i) {
    for (const auto& [dials, dialled] :
         {std::pair(order[i], order[i + 1]), {order[i + 1], order[i]}}) {
      const Proof proof = ProofWith(dials);
      const auto granted = Prove(proof, dialled);
      ASSERT_TRUE(granted.ok()) << i << ": " << granted.status();
      EXPECT_TRUE(IsProofOfDialled(dials, proof, granted->proof)) << i;
    }
  }
}

TEST_F(AdmissionTest, WhoIsRefusedIsToldWhy) {
  const struct {
    const char* what;
    Secrets dials, dialled;
    std::function<void(Proof&)> change;
    const char* why;
  } cases[] = {
      {"another secret", {"one"}, {"two"}, {}, "does not match"},
      {"a secret that is over", {"old"}, {"new"}, {}, "does not match"},
      {"its second secret", {"one", "two"}, {"two"}, {}, "does not match"},
      {"no secret", {}, {"one"}, {}, "none was shown"},
      {"a secret for one without", {"one"}, {}, {}, "this node none"},
      {"the address changed on the way",
       {"one"},
       {"one"},
       [](Proof& p) { p.address = "c:7003"; },
       "does not match"},
      {"meant for another",
       {"one"},
       {"one"},
       [](Proof& p) {
         p.address = "c:7003";
         p.proof = ProofOfDialler({"one"}, p);
       },
       "it means to reach 'c:7003', and this is 'b:7002'"},
      {"no challenge",
       {"one"},
       {"one"},
       [](Proof& p) { p.challenge = "x"; },
       "no challenge of this node"},
      {"a challenge of its own",
       {"one"},
       {"one"},
       [](Proof& p) {
         p.challenge.back() = static_cast<char>(p.challenge.back() ^ 1);
         p.proof = ProofOfDialler({"one"}, p);
       },
       "no challenge of this connection"},
      {"a challenge of another nonce",
       {"one"},
       {"one"},
       [](Proof& p) {
         p.nonce.back() = 'm';
         p.proof = ProofOfDialler({"one"}, p);
       },
       "no challenge of this connection"},
  };
  for (const auto& c : cases) {
    Proof proof = ProofWith(c.dials);
    if (c.change) c.change(proof);
    const auto granted = Prove(proof, c.dialled);
    EXPECT_EQ(granted.status().code(), absl::StatusCode::kUnauthenticated)
        << c.what;
    EXPECT_THAT(std::string(granted.status().message()), HasSubstr(c.why))
        << c.what;
  }
}

// What was overheard is of no use to another, nor later.
TEST_F(AdmissionTest, AProofIsGoodForItsConnectionAndMoment) {
  const Secrets secrets = {"one"};
  const Proof proof = ProofWith(secrets);
  EXPECT_FALSE(Prove(proof, secrets, "ipv4:10.0.0.9:4711").ok());
  now_ = now_ + kChallengeValid + absl::Nanoseconds(1);
  EXPECT_FALSE(Prove(proof, secrets).ok());
}

TEST_F(AdmissionTest, APassIsGoodForItsConnectionVersionAndTime) {
  const auto granted = Prove(ProofWith({"one"}), {"one"});
  ASSERT_TRUE(granted.ok()) << granted.status();
  const std::string& pass = granted->pass;
  EXPECT_FALSE(b_.Check(pass, "ipv4:10.0.0.1:4712", version_, now_).ok());
  EXPECT_FALSE(b_.Check(pass, kPeer, version_ + 1, now_).ok());
  EXPECT_TRUE(b_.Check(pass, kPeer, version_, now_ + kPassValid).ok());
  EXPECT_FALSE(
      b_.Check(pass, kPeer, version_, now_ + kPassValid + absl::Nanoseconds(1))
          .ok());
  const Admission restarted("another key", kAddress);
  EXPECT_FALSE(restarted.Check(pass, kPeer, version_, now_).ok());
}

TEST_F(AdmissionTest, EachChangedByteOfAPassIsNoticed) {
  const auto granted = Prove(ProofWith({"one"}), {"one"});
  ASSERT_TRUE(granted.ok()) << granted.status();
  for (size_t i = 0; i < granted->pass.size(); ++i) {
    std::string pass = granted->pass;
    pass[i] = static_cast<char>(pass[i] ^ 1);
    EXPECT_FALSE(b_.Check(pass, kPeer, version_, now_).ok()) << i;
  }
  EXPECT_FALSE(b_.Check({}, kPeer, version_, now_).ok());
  EXPECT_FALSE(b_.Check(granted->pass.substr(1), kPeer, version_, now_).ok());
}

// One who answers with what it was sent, or at random, does not pass for a member.
TEST_F(AdmissionTest, WhoIsDialledHasToProveToo) {
  const Secrets secrets = {"one"};
  const Proof proof = ProofWith(secrets);
  EXPECT_FALSE(IsProofOfDialled(secrets, proof, proof.proof));
  EXPECT_FALSE(IsProofOfDialled(secrets, proof, ""));
  EXPECT_FALSE(IsProofOfDialled(secrets, proof, std::string(32, 'x')));
  EXPECT_FALSE(IsProofOfDialled({}, proof, std::string(32, 'x')));
  EXPECT_TRUE(IsProofOfDialled({}, proof, ""));
}

TEST_F(AdmissionTest, ANonceHasItsSize) {
  EXPECT_EQ(b_.Challenge("short", kPeer, kRandom, now_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// RFC 4231, test case 2.
TEST(Hmac, IsHmacSha256) {
  const std::string mac = Hmac("Jefe", "what do ya want for nothing?");
  EXPECT_EQ(mac.substr(0, 8), "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e");
  EXPECT_EQ(mac.size(), 32u);
}

TEST(SameBytes, ComparesAllOfThem) {
  EXPECT_TRUE(SameBytes("", ""));
  EXPECT_TRUE(SameBytes("abc", "abc"));
  EXPECT_FALSE(SameBytes("abc", "abd"));
  EXPECT_FALSE(SameBytes("abc", "ab"));
}

TEST(RandomBytesTest, AreNotTheSameTwice) {
  EXPECT_EQ(RandomBytes(16).size(), 16u);
  EXPECT_NE(RandomBytes(16), RandomBytes(16));
}

}  // namespace
}  // namespace vigil::replication
