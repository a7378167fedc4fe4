// Feeder: the thread at the master's end of a stream. It answers the Hello,
// walks the state if the replica needs all of it, or looks up the keys that it names
// if it rewinds, and then follows the log.
//
// It pulls: nothing is queued for a slow replica, which costs the master only
// the log that it keeps anyway. A replica that falls behind the log is closed,
// comes back, and takes a full sync.
//
// Invariant: nothing is sent that was read after the link was closed. The core
// closes a master's links before a newer master's records enter the log, so no
// record ever travels under another epoch than its own.
#ifndef VIGIL_REPLICATION_FEEDER_H_
#define VIGIL_REPLICATION_FEEDER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "engine/engine.h"
#include "replication/feed_pace.h"
#include "replication/options.h"
#include "replication/transport.h"

namespace vigil::replication {

// What every message of a master tells beside the records. Thread-safe.
struct FeedMarks {
  std::atomic<uint64_t> commit{0};
  std::atomic<uint64_t> sync{
      0};  // somebody waits for it on the replicas' disks
  std::atomic<uint64_t> round{0};  // a read waits for its echo
};

class Feeder {
 public:
  // Starts the thread. `marks` and `engine` outlive the feeder.
  Feeder(const Options& options, std::shared_ptr<Link> link,
         std::variant<Welcome, Refused> answer, engine::Engine& engine,
         const Clock& clock, const FeedMarks& marks);
  // Joins.
  ~Feeder();

  // Keys to be looked up, for a replica that rewinds. One piece at a time: who sends
  // the next before the answer, or any without a rewind, loses the link.
  void Put(RewindKeys keys);
  // An answer for the replica's reads (message.h).
  void TellRead(uint64_t read, uint64_t index);
  // The replica holds the log up to here.
  void Acknowledged(uint64_t held) { pace_.Acknowledged(held); }
  void Close();
  bool done() const { return done_; }

 private:
  void Run(std::variant<Welcome, Refused> answer);
  void AwaitClose();
  bool SendState(Welcome& welcome);
  bool AnswerKeys(const Welcome& welcome);
  std::optional<RewindKeys> AwaitKeys(const Welcome& welcome);
  // An empty one is a heartbeat.
  Records NextRecords(const Welcome& welcome);
  void FollowLog(const Welcome& welcome);
  bool Send(const Message& message);

  const Options options_;
  const std::shared_ptr<Link> link_;
  engine::Engine& engine_;
  const Clock& clock_;
  const FeedMarks& marks_;
  const bool rewinds_;
  FeedPace pace_;
  Mutex mu_;
  std::optional<RewindKeys> keys_ ABSL_GUARDED_BY(mu_);
  uint64_t read_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t read_index_ ABSL_GUARDED_BY(mu_) = 0;
  std::atomic<bool> closed_{false};
  std::atomic<bool> done_{false};
  Thread thread_;  // last: it uses the rest
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_FEEDER_H_
