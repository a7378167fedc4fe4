// ChangeStream: the subscribers to changes, each with its own place in the log.
//
//                  ┌───────── commit, log appended: Wake ─────────┐
//   Engine::ReadLog ─▶ vigil-watch: read, filter, one group a subscriber ─▶ Executor
//                  └──────────── the call has ended: Wake ◀───────────────────┘
//
// It pulls, as a replica's feeder does: of each subscriber only one group is under way,
// so a slow one costs nothing but its place in the log. Each reads and filters for
// itself: many subscribers with different prefixes read the newest log, which is in
// memory, many times.
//
// Thread-safety: thread-safe. Callbacks run on the executor's thread, under no lock.
// Lifetime: `engine`, `facts` and `executor` are used until Stop() has returned.
// Subscriptions may outlive the stream; nothing is delivered then.
#ifndef VIGIL_CHANGE_STREAM_H_
#define VIGIL_CHANGE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/thread.h"
#include "engine/engine.h"
#include "replication/log_facts.h"
#include "vigil/change.h"
#include "vigil/executor.h"
#include "vigil/node.h"

namespace vigil {

class ChangeStream {
 public:
  // A group is what is left of this much log, or of one record that is larger.
  static constexpr size_t kGroupBytes = 256 << 10;
  // A subscriber to whom nothing of so many records is told gets an empty group, so that
  // its position does not grow old.
  static constexpr uint64_t kSilentRecordsMax = 100'000;

  using Facts = std::function<replication::LogFacts()>;
  using Callback = std::function<void(const ChangeBatch&)>;

  // `facts` answers from any thread, and never blocks. `databases`: how many there are.
  ChangeStream(engine::Engine& engine, Facts facts, Executor& executor,
               int databases);
  ~ChangeStream() { Stop(); }

  // kInvalidArgument: an option is out of range.
  absl::StatusOr<Subscription> Watch(const WatchOptions& options,
                                     Callback callback);

  // The facts have changed: more is committed, or a full sync began or ended. Does not
  // block; nothing when nobody watches.
  void Wake();

  // Ends the thread. A call under way is not waited for. Idempotent.
  void Stop();

 private:
  struct Watcher;
  struct State;

  void Run();
  bool Step(const std::shared_ptr<Watcher>& watcher);
  bool Read(const std::shared_ptr<Watcher>& watcher,
            const replication::LogFacts& facts, uint64_t end);
  void Deliver(const std::shared_ptr<Watcher>& watcher, ChangeBatch batch);
  static void Call(State& state, const Watcher& watcher,
                   const ChangeBatch& batch);

  engine::Engine& engine_;
  const Facts facts_;
  Executor& executor_;
  const int databases_;
  const std::shared_ptr<State> state_;
  Thread thread_;  // last: it uses the rest
};

}  // namespace vigil

#endif  // VIGIL_CHANGE_STREAM_H_
