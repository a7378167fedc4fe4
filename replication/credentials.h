// Credentials: the present Security of a node. It may be replaced while the node runs;
// whoever opens or accepts a connection takes the present one.
//
// Thread-safe.
#ifndef VIGIL_REPLICATION_CREDENTIALS_H_
#define VIGIL_REPLICATION_CREDENTIALS_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "engine/base/mutex.h"
#include "replication/security.h"

namespace vigil::replication {

class Credentials {
 public:
  struct Version {
    uint64_t number = 0;  // rises with each replacement
    Security security;
  };

  explicit Credentials(Security security = {})
      : now_(std::make_shared<Version>(Version{1, std::move(security)})) {}

  std::shared_ptr<const Version> now() const {
    MutexLock lock(mu_);
    return now_;
  }

  void Replace(Security security) {
    MutexLock lock(mu_);
    now_ = std::make_shared<Version>(
        Version{now_->number + 1, std::move(security)});
  }

  // Of the present security only this.
  void Replace(TlsMaterial material) {
    MutexLock lock(mu_);
    Version next = *now_;
    ++next.number;
    next.security.material = std::move(material);
    now_ = std::make_shared<Version>(std::move(next));
  }

 private:
  mutable Mutex mu_;
  std::shared_ptr<const Version> now_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_CREDENTIALS_H_
