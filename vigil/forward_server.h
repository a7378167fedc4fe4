// ForwardServer: the master's side of forwarded writes: once each, whatever copies come.
//
//   Serve ─▶ master of that epoch? ─▶ Run(command, Writer, note) ─▶ AckWatch ─▶ answer
//                                        │ the slot's entry (write_session.h)
//                                        └ has it already ─▶ its outcome, when its Ack is
//                                                            reached
//
// A copy is done only in the epoch that it was sent for, and only under the opening of
// the write gate that was seen with it. So a copy that is late does nothing: in its own
// epoch it finds the entry of what was decided, and after that epoch it is refused.
//
// Thread-safety: thread-safe. Serve waits for no disk and no member.
// Lifetime: what the constructor takes outlives it. Nothing is served after Stop().
#ifndef VIGIL_FORWARD_SERVER_H_
#define VIGIL_FORWARD_SERVER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "replication/replicator.h"
#include "vigil/ack_watch.h"
#include "vigil/executor.h"
#include "vigil/forward_transport.h"
#include "vigil/session_table.h"
#include "vigil/writer.h"

namespace vigil {

class ForwardServer final : public ForwardHandler {
 public:
  struct Counters {
    uint64_t received = 0;
    uint64_t once_more = 0;  // of them: had been decided before
  };

  // At most `places` wait for their Ack.
  ForwardServer(engine::Engine& engine, replication::Replicator& replicator,
                Writer& writer, const Clock& clock, size_t places);
  ~ForwardServer() override { Stop(); }

  void Serve(const ForwardRequest& request, Answer answer) override;
  // As AckWatch::Moved.
  void Moved() { acks_.Moved(); }
  // Whoever waits is answered; nothing is served any more. Idempotent.
  void Stop();

  Counters counters() const {
    return {.received = received_, .once_more = once_more_};
  }

 private:
  // What one copy has come to so far.
  struct Copy {
    Answer answer;
    ForwardReply reply;
    // Of the slot, if it is this write's or a later one's.
    std::optional<SessionEntry> found;
    uint64_t found_at = 0;
    // To be told when the Ack of its record is reached.
    absl::Status verdict;
  };
  WrittenOr<Receipt> Do(const ForwardRequest& request, Copy& copy);
  engine::Note NoteOf(const ForwardRequest& request, uint64_t gate, Copy& copy);
  WrittenOr<Receipt> Rejoin(const ForwardRequest& request, uint64_t index,
                            absl::Status verdict, Copy& copy);
  WrittenOr<Receipt> DoAgain(const ForwardRequest& request, Copy& copy);
  void Tell(Copy& copy, const absl::StatusOr<Receipt>& receipt);

  engine::Engine& engine_;
  replication::Replicator& replicator_;
  Writer& writer_;
  const Clock& clock_;
  Executor executor_{"vigil-served"};
  AckWatch acks_;
  std::atomic<uint64_t> received_{0};
  std::atomic<uint64_t> once_more_{0};
  Mutex mu_;
  SessionTable sessions_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil

#endif  // VIGIL_FORWARD_SERVER_H_
