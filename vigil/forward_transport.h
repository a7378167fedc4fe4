// ForwardTransport: the port through which a node sends writes to its master; ForwardHandler:
// the master's side of it.
#ifndef VIGIL_FORWARD_TRANSPORT_H_
#define VIGIL_FORWARD_TRANSPORT_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "vigil/forward_message.h"

namespace vigil {

// Thread-safe. Lifetime: what `answered` uses lives until Close() has returned.
class ForwardTransport {
 public:
  using Answered = std::function<void(absl::StatusOr<ForwardReply>)>;
  virtual ~ForwardTransport() = default;

  // Does not block. Requests to one address arrive in the order of the calls, while its
  // connection lives; when that breaks those without an answer get an error, whatever
  // became of them. `answered` is called exactly once, under no lock, on any thread,
  // perhaps before the return.
  virtual void Call(const std::string& address, const ForwardRequest& request,
                    Answered answered) = 0;
  // Connections to other addresses are given up.
  virtual void KeepOnly(const std::string& address) = 0;
  // All are, and nobody is called when it has returned. Idempotent.
  virtual void Close() = 0;
};

class ForwardHandler {
 public:
  using Answer = std::function<void(ForwardReply)>;
  virtual ~ForwardHandler() = default;
  // Does not wait for anything. `answer` is called exactly once, on any thread, and does
  // not block.
  virtual void Serve(const ForwardRequest& request, Answer answer) = 0;
};

}  // namespace vigil

#endif  // VIGIL_FORWARD_TRANSPORT_H_
