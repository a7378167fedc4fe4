// AckSender: what the replica's end of a stream sends: the Hello, then always the latest
// acknowledgement: when the master reads slowly, those in between are left out, and the
// replicator never waits. Of the keys of a rewind one piece is on its way at a time, and
// none is left out.
//
// What the link takes at once goes out on the caller's thread, because waking another one
// takes longer than the way to the master; the rest on a thread that waits for it.
#ifndef VIGIL_REPLICATION_ACK_SENDER_H_
#define VIGIL_REPLICATION_ACK_SENDER_H_

#include <atomic>
#include <memory>
#include <optional>

#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "replication/transport.h"

namespace vigil::replication {

class AckSender {
 public:
  AckSender(std::unique_ptr<Link> link, Hello hello);
  // Joins.
  ~AckSender();

  void Send(const Ack& ack);
  void Send(RewindKeys keys);
  void Close();
  bool done() const { return done_; }

 private:
  void Run(const Hello& hello);

  const std::unique_ptr<Link> link_;
  Mutex mu_;
  CondVar changed_;
  std::optional<Ack> latest_ ABSL_GUARDED_BY(mu_);
  std::optional<RewindKeys> keys_ ABSL_GUARDED_BY(mu_);
  bool sending_ ABSL_GUARDED_BY(mu_) = true;  // the thread; first the Hello
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  std::atomic<bool> done_{false};
  Thread thread_;  // last: it uses the rest
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_ACK_SENDER_H_
