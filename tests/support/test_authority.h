// TestAuthority: certificates for tests, made when they are needed.
#ifndef VIGIL_TESTS_SUPPORT_TEST_AUTHORITY_H_
#define VIGIL_TESTS_SUPPORT_TEST_AUTHORITY_H_

#include <memory>
#include <string>

#include "absl/time/time.h"

namespace vigil::test {

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "test authority");
  ~TestAuthority();

  // Its own certificate, in PEM.
  const std::string& certificate() const { return certificate_; }

  struct Issued {
    std::string certificate;
    std::string key;
  };
  // How a certificate differs from a good one.
  struct Terms {
    std::string for_whom = "IP:127.0.0.1,DNS:localhost";
    // From now.
    absl::Duration begins = -absl::Hours(1);
    absl::Duration ends = absl::Hours(1);
    std::string use = "serverAuth,clientAuth";
  };
  Issued Issue(const std::string& name, const Terms& terms) const;
  Issued Issue(const std::string& name) const { return Issue(name, Terms()); }

 private:
  struct Own;
  std::unique_ptr<Own> own_;
  std::string certificate_;
};

}  // namespace vigil::test

#endif  // VIGIL_TESTS_SUPPORT_TEST_AUTHORITY_H_
