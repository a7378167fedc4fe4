// ForwardCore: the writes of this node that others are to do: which are under way, which
// wait, and what to do when no answer comes.
//
//            Begin                        no slot
//              │          ┌───────────────────────────────── waiting (bounded)
//              ▼          ▼ a slot is free
//          ┌─ idle ◀── its time comes ◀── back-off ◀─┐
//          │   │  a master is known                  │ not master, no answer: in doubt,
//          │   ▼                                     │ no room, Ack not reached
//          │ under way ─────────────── answer ───────┤
//          │   │                                     └─ done ─▶ this node has it ─▶ Finish
//          │   └─ another master: in doubt, idle at once
//          └──── the deadline ─▶ Finish: nothing was applied, or: the outcome is unknown
//
// *In doubt*: a copy was sent whose answer is missing. From then on no refusal ends the
// write, since it would say that nothing was applied: only a decision does, which the
// master then writes down. A write that has its slot keeps slot and sequence until it
// ends, so it is the same write wherever it is sent (write_session.h).
//
// Time: told. Pure: no thread, lock, clock; randomness is its own, from a seed.
// Thread-compatible.
// Invariant: each write that has begun is finished exactly once.
#ifndef VIGIL_FORWARD_CORE_H_
#define VIGIL_FORWARD_CORE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "replication/position.h"
#include "vigil/forward_message.h"
#include "vigil/write_session.h"

namespace vigil {

// Whom to send to.
struct ForwardRoute {
  Epoch epoch;
  std::string address;
  friend bool operator==(const ForwardRoute&, const ForwardRoute&) = default;
};

struct ForwardCoreOptions {
  uint32_t slots = kSessionSlots;
  size_t writes_max = 100'000;  // that have begun and not ended
  size_t bytes_max = 64 << 20;  // of them; one alone may be larger
  absl::Duration retry_min = absl::Milliseconds(5);
  absl::Duration retry_max = absl::Milliseconds(200);
  // How long a caller waits for this node's own log after the answer.
  absl::Duration catch_up_max = absl::Seconds(1);
};

struct ForwardCounters {
  uint64_t sent = 0;       // first copies
  uint64_t retried = 0;    // more copies
  uint64_t once_more = 0;  // answered by what a copy before had come to
  uint64_t refused = 0;    // ended with an error and nothing applied
  uint64_t unknown = 0;    // ended with an unknown outcome
  uint64_t under_way = 0;  // at the master at this moment
  uint64_t waiting = 0;    // for a master, a slot, or their next try
};

class ForwardCore {
 public:
  struct Send {
    uint64_t write = 0;
    uint64_t copy = 0;  // to be given back with the answer
    uint32_t slot = 0;
    uint64_t sequence = 0;
    bool in_doubt = false;
    ForwardRoute route;
    absl::Duration time_left;
  };
  // OnCaughtUp when this node's log has it, or will not.
  struct CatchUp {
    uint64_t write = 0;
    Receipt receipt;
    MonoTime deadline;
  };
  struct Finish {
    uint64_t write = 0;
    absl::StatusOr<ForwardReply> result;  // OK: kDone, and OK
  };
  struct KeepOnly {
    std::string address;
  };
  using Action = std::variant<Send, CatchUp, Finish, KeepOnly>;

  ForwardCore(const ForwardCoreOptions& options, uint64_t seed);

  // Returns the write's number. kResourceExhausted: too many, or too much.
  // `await_room`: it tries again, until its deadline, when the master has no room.
  absl::StatusOr<uint64_t> Begin(MonoTime deadline, bool await_room,
                                 size_t bytes, MonoTime now);
  void OnRoute(const std::optional<ForwardRoute>& route, MonoTime now);
  void OnAnswer(uint64_t write, uint64_t copy,
                absl::StatusOr<ForwardReply> answer, MonoTime now);
  void OnCaughtUp(uint64_t write);
  void OnTime(MonoTime now);
  void Cancel(uint64_t write, MonoTime now);
  void CancelAll(MonoTime now);

  // In order. Of what the calls before have brought about.
  std::vector<Action> TakeActions();
  // When OnTime has something to do.
  MonoTime next_time() const;
  ForwardCounters counters() const;
  bool empty() const { return writes_.empty(); }

 private:
  enum class State { kWaiting, kIdle, kUnderWay, kCatchingUp };
  struct Write {
    State state = State::kWaiting;
    MonoTime deadline;  // of what it does at present
    MonoTime caller_deadline;
    bool await_room = false;
    bool in_doubt = false;
    size_t bytes = 0;
    std::optional<uint32_t> slot;
    uint64_t sequence = 0;
    uint64_t copy = 0;
    std::optional<MonoTime> first_sent;
    MonoTime retry_at;
    int tries = 0;
    absl::Status last;  // why it was not done
    std::optional<Receipt> receipt;
    std::optional<ForwardReply> done;
  };
  using Writes = std::map<uint64_t, Write>;

  void TakeAnswer(uint64_t number, Write& write,
                  absl::StatusOr<ForwardReply> answer, MonoTime now);
  void Pump(MonoTime now);
  static bool IsTooLate(const Write& write, MonoTime now);
  void SendCopy(uint64_t number, Write& write, MonoTime now);
  void Retry(uint64_t number, Write& write, MonoTime now);
  void Done(uint64_t number, Write& write, ForwardReply reply, MonoTime now);
  void End(uint64_t number, absl::StatusOr<ForwardReply> result);
  void EndUnknown(uint64_t number, const Write& write, absl::Status why);
  void EndInTime(uint64_t number, const Write& write);
  void SetDeadline(uint64_t number, Write& write, MonoTime deadline);
  void FreeSlot(Write& write);

  ForwardCoreOptions options_;
  Random random_;
  std::optional<ForwardRoute> route_;
  std::vector<uint64_t> sequences_;  // the last one of each slot
  std::vector<uint32_t> free_slots_;
  Writes writes_;
  std::set<uint64_t> waiting_;  // for a slot, in the order of their beginning
  std::set<uint64_t> idle_;     // have a slot, and nothing is under way
  std::set<std::pair<MonoTime, uint64_t>> deadlines_;
  size_t bytes_ = 0;
  uint64_t numbers_ = 0;
  std::vector<Action> actions_;
  ForwardCounters counters_;
};

}  // namespace vigil

#endif  // VIGIL_FORWARD_CORE_H_
