#include "replication/openssl_certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <string>

#include "tests/support/test_authority.h"

namespace vigil::replication {
namespace {

using test::TestAuthority;
using testing::HasSubstr;

std::string Why(const absl::Status& s) { return std::string(s.message()); }

class CertificateTest : public testing::Test {
 protected:
  absl::Status Verify(const TestAuthority::Issued& issued, Side side,
                      std::optional<std::string> host = std::nullopt) const {
    return VerifyPeer({.certificate = issued.certificate, .chain = {}},
                      ours_.certificate(), side, std::move(host));
  }

  const TestAuthority ours_;
  const TestAuthority theirs_{"their authority"};
};

TEST_F(CertificateTest, OneOfTheAuthorityIsBelieved) {
  const auto a = ours_.Issue("a");
  EXPECT_TRUE(Verify(a, Side::kDials).ok());
  EXPECT_TRUE(Verify(a, Side::kIsDialled).ok());
}

TEST_F(CertificateTest, WhatIsNotBelievedIsNamed) {
  const struct {
    const char* what;
    TestAuthority::Issued issued;
    Side side;
    const char* why;
  } cases[] = {
      {"of another", theirs_.Issue("x"), Side::kDials,
       "'CN=x': unable to get local issuer certificate"},
      {"expired", ours_.Issue("x", {.ends = -absl::Minutes(1)}),
       Side::kIsDialled, "'CN=x': certificate has expired"},
      {"not yet", ours_.Issue("x", {.begins = absl::Minutes(10)}), Side::kDials,
       "'CN=x': certificate is not yet valid"},
      {"a client's only", ours_.Issue("x", {.use = "clientAuth"}),
       Side::kIsDialled, "'CN=x': unsuit"},
      {"a server's only", ours_.Issue("x", {.use = "serverAuth"}), Side::kDials,
       "'CN=x': unsuit"},
      {"none", {}, Side::kDials, "no certificate was shown"},
      {"garbage",
       {.certificate = "x", .key = {}},
       Side::kDials,
       "no certificate was shown"},
  };
  for (const auto& c : cases) {
    const absl::Status verdict = Verify(c.issued, c.side);
    EXPECT_EQ(verdict.code(), absl::StatusCode::kUnauthenticated) << c.what;
    EXPECT_THAT(Why(verdict), HasSubstr(c.why)) << c.what;
  }
}

TEST_F(CertificateTest, TheHostIsOneOfItsNames) {
  const auto a = ours_.Issue(
      "a", {.for_whom = "IP:10.0.0.1,IP:fd00::1,DNS:a.shop,DNS:*.east.shop"});
  for (const char* host :
       {"10.0.0.1", "fd00::1", "a.shop", "A.shop", "b.east.shop"}) {
    EXPECT_TRUE(Verify(a, Side::kIsDialled, host).ok()) << host;
  }
  for (const char* host : {"10.0.0.2", "b.shop", "a", "east.shop", ""}) {
    EXPECT_THAT(Why(Verify(a, Side::kIsDialled, host)),
                HasSubstr("it is not for '"))
        << host;
  }
}

TEST_F(CertificateTest, OneOfSeveralAuthoritiesIsEnough) {
  const std::string both = ours_.certificate() + theirs_.certificate();
  for (const TestAuthority* authority : {&ours_, &theirs_}) {
    const auto issued = authority->Issue("a");
    EXPECT_TRUE(VerifyPeer({.certificate = issued.certificate, .chain = {}},
                           both, Side::kDials, std::nullopt)
                    .ok());
  }
}

TEST_F(CertificateTest, AnAuthorityWithADamagedPartIsNone) {
  std::string damaged = ours_.certificate() + theirs_.certificate();
  damaged[damaged.size() - 100] = '!';
  EXPECT_FALSE(
      VerifyPeer({.certificate = ours_.Issue("a").certificate, .chain = {}},
                 damaged, Side::kDials, std::nullopt)
          .ok());
}

// gRPC, on the same thread, would take it for an error of its own.
TEST_F(CertificateTest, NoErrorIsLeftToTheThread) {
  const auto named = ours_.Issue("a", {.for_whom = "DNS:a.shop"});
  for (const char* host : {"a.shop", "10.0.0.1", "fd00::1", "b.shop"})
    (void)Verify(named, Side::kIsDialled, host);
  (void)Verify({.certificate = "x", .key = {}}, Side::kDials);
  (void)CheckMaterial({named.certificate, "x", ours_.certificate()}, true);
  (void)CheckMaterial({named.certificate, named.key, "x"}, true);
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST_F(CertificateTest, WhatANodeIsGivenFitsTogether) {
  const auto a = ours_.Issue("a");
  const auto b = ours_.Issue("b");
  const auto server = ours_.Issue("s", {.use = "serverAuth"});
  const std::string& ca = ours_.certificate();
  EXPECT_TRUE(CheckMaterial({a.certificate, a.key, ca}, true).ok());
  EXPECT_TRUE(CheckMaterial({server.certificate, server.key, ca}, false).ok());
  const struct {
    TlsMaterial material;
    const char* why;
  } cases[] = {
      {{"x", a.key, ca}, "the certificate is not PEM"},
      {{a.certificate, "x", ca}, "the key is not PEM"},
      {{a.certificate, a.key, "x"}, "the authority's certificate is not PEM"},
      {{a.certificate, b.key, ca}, "the key is not the certificate's"},
      {{a.certificate, a.key, theirs_.certificate()}, "unable to get local"},
      {{server.certificate, server.key, ca}, "unsuit"},
  };
  for (const auto& c : cases) {
    const absl::Status fits = CheckMaterial(c.material, true);
    EXPECT_EQ(fits.code(), absl::StatusCode::kInvalidArgument) << c.why;
    EXPECT_THAT(Why(fits), HasSubstr(c.why));
  }
}

}  // namespace
}  // namespace vigil::replication
