// InProcessForwarding: forwarded writes between the members of one process, and whatever
// may go wrong with them, on demand. No port, no thread.
//
//   network.Listen("a:1", server_a);
//   forwarder_b sends over network.From("b:1")
//
// Thread-safety: thread-safe. Lifetime: outlives its ports; handlers outlive their Listen
// ... Unlisten.
#ifndef VIGIL_TESTS_SUPPORT_IN_PROCESS_FORWARDING_H_
#define VIGIL_TESTS_SUPPORT_IN_PROCESS_FORWARDING_H_

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "vigil/forward_transport.h"

namespace vigil {

class InProcessForwarding {
 public:
  void Listen(const std::string& address, ForwardHandler& handler);
  // Who waits for an answer from there is told that the connection broke. Waits until the
  // handler is called no more.
  void Unlisten(const std::string& address);

  // The transport of the node at `address`.
  std::unique_ptr<ForwardTransport> From(const std::string& address);

  // The next `count` answers do not arrive: the connection breaks instead.
  void LoseAnswers(int count);
  // So do the next `count` requests, before they arrive.
  void LoseRequests(int count);
  // While held, answers wait here; then they arrive.
  void HoldAnswers(bool held);

  // All that were sent, in their order.
  std::vector<ForwardRequest> requests() const;

 private:
  friend class InProcessForwardPort;
  struct Call {
    std::string from;
    std::string to;
    ForwardTransport::Answered answered;  // empty: it was
  };
  using Calls = std::list<std::shared_ptr<Call>>;

  void Send(const std::string& from, const std::string& to,
            const ForwardRequest& request, ForwardTransport::Answered answered);
  void Answer(const std::shared_ptr<Call>& call, const ForwardReply& reply);
  // Ends those for which it is true.
  void Break(const std::function<bool(const Call&)>& which);
  void AwaitQuiet();

  mutable Mutex mu_;
  CondVar changed_;
  std::map<std::string, ForwardHandler*> handlers_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> serving_ ABSL_GUARDED_BY(mu_);
  Calls calls_ ABSL_GUARDED_BY(mu_);
  std::vector<std::pair<std::shared_ptr<Call>, ForwardReply>> held_
      ABSL_GUARDED_BY(mu_);
  std::vector<ForwardRequest> requests_ ABSL_GUARDED_BY(mu_);
  int lose_answers_ ABSL_GUARDED_BY(mu_) = 0;
  int lose_requests_ ABSL_GUARDED_BY(mu_) = 0;
  bool holding_ ABSL_GUARDED_BY(mu_) = false;
  int telling_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace vigil

#endif  // VIGIL_TESTS_SUPPORT_IN_PROCESS_FORWARDING_H_
