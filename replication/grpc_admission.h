// Admission over gRPC: both ends of proto/vigil/admission.proto, and the check that
// stands at the top of every handler of every other service.
#ifndef VIGIL_REPLICATION_GRPC_ADMISSION_H_
#define VIGIL_REPLICATION_GRPC_ADMISSION_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/logger.h"
#include "replication/credentials.h"

namespace vigil::replication {

// The side that is dialled.
//
// Thread-safe. Lifetime: outlives the server that its service is registered on, and the
// services that ask it; what the factory takes outlives it.
class Doorkeeper {
 public:
  virtual ~Doorkeeper() = default;

  virtual grpc::Service* service() = 0;

  // Each handler's first question: OK if the node admits anybody, or the caller was let
  // in on this connection under the present credentials. Else the call ends with this,
  // and nothing was learnt or changed.
  virtual grpc::Status Admit(const grpc::ServerContextBase& context) = 0;
};

// `address`: where the others reach this node. Refusals go to the log, each once a
// minute.
std::unique_ptr<Doorkeeper> MakeDoorkeeper(const Credentials& credentials,
                                           std::string address,
                                           const Clock& clock, Logger logger);

// The side that dials: two calls, and then there is a pass for the others on that
// channel. Only to be used with a security that admits().
class AdmissionCall {
 public:
  // `done` is called once, on a thread of gRPC's or before this returns; no later than a
  // moment after `deadline` or Cancel(). kUnauthenticated: one side refused the other.
  static std::shared_ptr<AdmissionCall> Start(
      std::shared_ptr<grpc::Channel> channel,
      std::shared_ptr<const Credentials::Version> credentials,
      std::string address, absl::Time deadline,
      std::function<void(absl::StatusOr<std::string> pass)> done);

  virtual ~AdmissionCall() = default;
  virtual void Cancel() = 0;
};

// Shows it to the other side with a call.
void ShowPass(const std::string& pass, grpc::ClientContext& context);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_GRPC_ADMISSION_H_
