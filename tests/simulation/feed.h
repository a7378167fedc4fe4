// Feed: what replication/feeder.h does for one replica, a message at a time.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_FEED_H_
#define VIGIL_TESTS_SIMULATION_FEED_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "engine/engine.h"
#include "replication/message.h"
#include "replication/options.h"
#include "tests/simulation/node_clock.h"

namespace vigil::simulation {

// What all feeds of a master tell their replicas.
struct FeedMarks {
  uint64_t commit = 0;
  uint64_t sync = 0;
  uint64_t round = 0;
};

class Feed {
 public:
  using Answer = std::variant<replication::Welcome, replication::Refused>;

  Feed(const replication::Options& options, Answer answer,
       engine::Engine& engine, const NodeClock& clock, const FeedMarks& marks)
      : options_(options),
        answer_(std::move(answer)),
        engine_(engine),
        clock_(clock),
        marks_(marks) {}

  // What is to be sent now, if anything.
  std::optional<replication::Message> Take();
  // Keys of a rewind. False: nobody asked for them, the stream is to end.
  bool Put(replication::RewindKeys keys);
  void TellRead(uint64_t read, uint64_t index) {
    read_ = read;
    read_index_ = index;
  }
  // It has nothing more to say, ever.
  bool ended() const { return ended_; }

  // Planned by its owner.
  bool woken = false;
  bool heartbeat_planned = false;

 private:
  std::optional<replication::Message> TakeOfState();
  std::optional<replication::Message> TakeOfKeys();
  std::optional<replication::Message> TakeOfLog();
  replication::Records NextRecords() const;
  bool IsAwaited(const replication::Records& next) const;

  const replication::Options& options_;
  Answer answer_;
  engine::Engine& engine_;
  const NodeClock& clock_;
  const FeedMarks& marks_;

  bool answered_ = false;
  bool ended_ = false;
  std::unique_ptr<engine::StateWalk> walk_;
  bool in_keys_ = false;
  std::optional<replication::RewindKeys> keys_;
  std::string found_;  // entries of keys_
  bool looked_up_ = false;
  uint64_t next_ = 0;
  uint64_t read_ = 0;
  uint64_t read_index_ = 0;
  replication::Records told_;  // but for the log
  MonoTime heartbeat_at_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_FEED_H_
