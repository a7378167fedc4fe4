// LinkTable: the streams of one member, and the thread that sends on each: a Feeder
// to every replica, an AckSender to the master.
//
// Closing makes a stream's thread end; it is joined only when it has ended, so the
// replicator's thread never waits for a peer.
//
// Thread-safety: Accept() and Acknowledged() from any thread, the rest in a turn of the
// replicator.
// Lifetime: what the constructor takes outlives it. The destructor closes
// everything and waits for its threads.
#ifndef VIGIL_REPLICATION_LINK_TABLE_H_
#define VIGIL_REPLICATION_LINK_TABLE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "replication/ack_sender.h"
#include "replication/feeder.h"
#include "replication/options.h"
#include "replication/transport.h"

namespace vigil::replication {

class LinkTable {
 public:
  // `marks` is what feeders tell the replicas.
  LinkTable(const Options& options, engine::Engine& engine,
            Transport& transport, const Clock& clock, const FeedMarks& marks)
      : options_(options),
        engine_(engine),
        transport_(transport),
        clock_(clock),
        marks_(marks) {}

  // Numbers a stream that a replica opened.
  LinkId Accept(std::shared_ptr<Link> link);
  // Opens a stream to the master. `handler` is told of what it brings.
  void Dial(LinkId link, const std::string& address, Hello hello,
            LinkHandler& handler);

  // Starts to answer and feed an accepted stream, if it is still there.
  void Feed(LinkId link, std::variant<Welcome, Refused> answer);
  // Keys for the feeder of that stream.
  void FeedKeys(LinkId link, RewindKeys keys);
  // The replica at the other end holds the log up to here.
  void Acknowledged(LinkId link, uint64_t held);
  // An answer for the replica's reads on that stream.
  void TellRead(LinkId link, uint64_t read, uint64_t index);
  // On a dialled stream, if it is still there.
  void SendAck(LinkId link, const Ack& ack);
  void SendKeys(LinkId link, RewindKeys keys);

  void Close(LinkId link);
  // The transport has told that `link` is closed: its handler is called no more.
  void OnClosed(LinkId link);
  // Frees what has ended.
  void Reap();
  void CloseAll();

 private:
  struct Inbound {
    std::shared_ptr<Link> link;
    std::unique_ptr<Feeder> feeder;
  };

  const Options options_;
  engine::Engine& engine_;
  Transport& transport_;
  const Clock& clock_;
  const FeedMarks& marks_;

  std::map<LinkId, std::unique_ptr<AckSender>> outbound_;
  // Closed, but the transport has not yet told so. They are not destroyed before:
  // that waits for a handler call, which may wait for room in the inbox.
  std::map<LinkId, std::unique_ptr<AckSender>> closing_senders_;
  std::vector<std::unique_ptr<AckSender>> ending_senders_;
  std::vector<std::unique_ptr<Feeder>> ending_feeders_;

  Mutex mu_;
  std::map<LinkId, Inbound> inbound_ ABSL_GUARDED_BY(mu_);
  LinkId accepted_ ABSL_GUARDED_BY(mu_) = 0;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_LINK_TABLE_H_
