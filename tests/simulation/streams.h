// Streams: the replication streams between processes. Each is ordered and reliable while
// it lives, as TCP is: what is under way waits while the network is cut, and a stream
// whose other end died, or closed it, ends.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_STREAMS_H_
#define VIGIL_TESTS_SIMULATION_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "engine/base/random.h"
#include "replication/action.h"
#include "replication/message.h"
#include "tests/simulation/network.h"
#include "tests/simulation/scheduler.h"

namespace vigil::simulation {

using replication::LinkId;
using replication::Message;

// A process, as its streams see it.
class StreamEnd {
 public:
  virtual ~StreamEnd() = default;
  virtual int machine() const = 0;
  virtual bool reads() const = 0;  // it is not paused, and has room
  virtual LinkId OnAccepted() = 0;
  virtual void OnMessage(LinkId link, Message message) = 0;
  virtual void OnClosed(LinkId link, const std::string& why) = 0;
  virtual void OnRoom(LinkId link) = 0;
};

class Streams {
 public:
  Streams(Scheduler& scheduler, Network& network, Random& random)
      : scheduler_(scheduler), network_(network), random_(random) {}

  // Processes that accept streams.
  void Listen(StreamEnd& end) { listening_[end.machine()] = &end; }
  // Its process is gone.
  void Died(StreamEnd& end);

  void Dial(StreamEnd& from, LinkId link, int to, replication::Hello hello);
  void Send(StreamEnd& from, LinkId link, Message message);
  // Whether there is little enough under way.
  bool HasRoom(StreamEnd& from, LinkId link) const;
  void Close(StreamEnd& from, LinkId link, const std::string& why);
  // Breaks any one of them.
  bool BreakOne();

 private:
  struct Side {
    StreamEnd* end = nullptr;  // nullptr: gone
    int machine = 0;
    LinkId link = 0;
    bool pumping = false;
    bool peer_gone = false;
    std::string why;
    std::deque<Message> arriving;
  };
  struct Stream {
    uint64_t id = 0;
    Side sides[2];  // the dialling one first
  };

  std::pair<Stream*, int> Find(StreamEnd& end, LinkId link) const;
  void Leave(Stream& stream, int side, const std::string& why);
  void Pump(Stream& stream, int to, absl::Duration after);
  void Arrive(uint64_t id, int to);

  Scheduler& scheduler_;
  Network& network_;
  Random& random_;
  std::map<int, StreamEnd*> listening_;
  std::map<uint64_t, Stream> streams_;
  // Looked up only: the order of pointers decides nothing.
  std::map<std::pair<StreamEnd*, LinkId>, std::pair<uint64_t, int>> index_;
  uint64_t opened_ = 0;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_STREAMS_H_
