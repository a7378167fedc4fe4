// Feeder: the thread at the master's end of a stream. It answers the Hello,
// walks the state if the replica needs all of it, and then follows the log.
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
#include <variant>

#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/engine.h"
#include "replication/options.h"
#include "replication/transport.h"

namespace vigil::replication {

class Feeder {
 public:
  // Starts the thread. `commit` and `engine` outlive the feeder.
  Feeder(const Options& options, std::shared_ptr<Link> link,
         std::variant<Welcome, Refused> answer, engine::Engine& engine,
         const Clock& clock, const std::atomic<uint64_t>& commit);
  // Joins.
  ~Feeder();

  void Close();
  bool done() const { return done_; }

 private:
  void Run(std::variant<Welcome, Refused> answer);
  void AwaitClose();
  bool SendState(Welcome& welcome);
  void FollowLog(const Welcome& welcome);
  bool Send(const Message& message);

  const Options options_;
  const std::shared_ptr<Link> link_;
  engine::Engine& engine_;
  const Clock& clock_;
  const std::atomic<uint64_t>& commit_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> done_{false};
  Thread thread_;  // last: it uses the rest
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_FEEDER_H_
