// InProcessTransport: streams between the members of one process, and whatever
// may go wrong with them, on demand. Real threads, no port.
//
//   network.Listen("a:1", replicator_a);
//   replicator_b dials "a:1" over network.From("b:1")
//
// Each end has one thread that delivers what arrives, and room for a few messages:
// a sender waits for room, as it would for a slow peer's window.
//
// Thread-safety: thread-safe. Lifetime: outlives its ports and links; acceptors
// outlive their Listen ... Unlisten, which waits for calls that are running.
#ifndef VIGIL_TESTS_SUPPORT_IN_PROCESS_TRANSPORT_H_
#define VIGIL_TESTS_SUPPORT_IN_PROCESS_TRANSPORT_H_

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "engine/base/mutex.h"
#include "replication/transport.h"

namespace vigil::replication {

class Stream;

class InProcessNetwork {
 public:
  InProcessNetwork() = default;
  ~InProcessNetwork();

  void Listen(const std::string& address, LinkAcceptor& acceptor);
  // Cuts the links that this acceptor has and waits until it is called no more.
  void Unlisten(const std::string& address);

  // The transport of the node at `address`.
  std::unique_ptr<Transport> From(const std::string& address);

  // Cuts all links between the two; both ends learn of it.
  void Cut(const std::string& a, const std::string& b);
  // While refused, dials between the two fail. Existing links go on.
  void Refuse(const std::string& a, const std::string& b, bool refused);
  // While frozen, nothing arrives at this node and nobody learns of it: senders
  // wait when the room is full.
  void Freeze(const std::string& address, bool frozen);

 private:
  friend class InProcessPort;
  using Pair = std::pair<std::string, std::string>;

  static Pair Unordered(const std::string& a, const std::string& b) {
    return a < b ? Pair{a, b} : Pair{b, a};
  }
  std::unique_ptr<Link> Dial(const std::string& from, const std::string& to,
                             LinkId link, LinkHandler& handler);
  void ForgetEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Mutex mu_;
  std::map<std::string, LinkAcceptor*> acceptors_ ABSL_GUARDED_BY(mu_);
  std::set<Pair> refused_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> frozen_ ABSL_GUARDED_BY(mu_);
  std::list<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil::replication

#endif  // VIGIL_TESTS_SUPPORT_IN_PROCESS_TRANSPORT_H_
