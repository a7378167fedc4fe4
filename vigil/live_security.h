// LiveSecurity: the credentials of a node, as its options say, kept up to date with the
// files that they name.
//
// Thread-safe. The destructor waits for a read of the files that is under way.
#ifndef VIGIL_LIVE_SECURITY_H_
#define VIGIL_LIVE_SECURITY_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/logger.h"
#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "replication/credentials.h"
#include "vigil/security.h"

namespace vigil {

class LiveSecurity {
 public:
  // REQUIRES: the options are valid. kInvalidArgument: what they name cannot be read or
  // does not fit together, and why.
  static absl::StatusOr<std::unique_ptr<LiveSecurity>> Make(
      const SecurityOptions& options, const Clock& clock, Logger logger);
  ~LiveSecurity();

  // All that connections use from now on. kInvalidArgument: as Make(), and nothing is
  // changed. kFailedPrecondition: TLS, or client certificates, would be switched on or
  // off.
  absl::Status Update(const SecurityOptions& options);

  const replication::Credentials& credentials() const { return credentials_; }

 private:
  LiveSecurity(const SecurityOptions& options, replication::Security security,
               const Clock& clock, Logger logger);
  void Watch();
  // What to look at now; nothing: the end.
  std::optional<TlsOptions> AwaitTurn(MonoTime looked);
  void LookAgain(const TlsOptions& tls);

  const Clock& clock_;
  const Logger logger_;
  replication::Credentials credentials_;
  Mutex mu_;
  CondVar changed_;
  SecurityOptions options_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::string complaint_;  // the watching thread's: it is said once
  Thread watcher_;         // last: it uses the rest
};

}  // namespace vigil

#endif  // VIGIL_LIVE_SECURITY_H_
