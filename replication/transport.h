// Transport: the port through which members exchange streams of messages.
//
// A link is one stream, ordered and reliable while it lives. Each end has one
// thread that sends and one that receives, and back-pressure in both
// directions: Send waits for the peer, OnMessage may make the peer wait.
#ifndef VIGIL_REPLICATION_TRANSPORT_H_
#define VIGIL_REPLICATION_TRANSPORT_H_

#include <memory>
#include <string>

#include "replication/action.h"
#include "replication/message.h"

namespace vigil::replication {

// One end of a stream. Thread-safe.
// Lifetime: the destructor closes and waits until no handler call is running.
class Link {
 public:
  virtual ~Link() = default;

  // Blocks until the message is on its way or the link is dead (false).
  virtual bool Send(const Message& message) = 0;

  // The same without waiting. False also if what was sent before is not on its way yet,
  // or the link always waits.
  virtual bool Offer(const Message&) { return false; }

  // Makes Send, running or to come, return false. Does not block. Idempotent.
  virtual void Close() = 0;
};

// Receives what comes from a link, on a thread of the transport.
class LinkHandler {
 public:
  virtual ~LinkHandler() = default;
  virtual void OnMessage(LinkId link, Message message) = 0;  // may block
  // The last call for this link, exactly once.
  virtual void OnClosed(LinkId link, std::string why) = 0;
};

// What a service does with a stream that a replica opened.
class LinkAcceptor : public LinkHandler {
 public:
  // Numbers the link. The handler's calls for it may begin when this returns.
  virtual LinkId OnAccepted(std::shared_ptr<Link> link) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Never fails at once: a peer that is not there closes the link.
  // `handler` outlives the link.
  virtual std::unique_ptr<Link> Dial(const std::string& address, LinkId link,
                                     LinkHandler& handler) = 0;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_TRANSPORT_H_
