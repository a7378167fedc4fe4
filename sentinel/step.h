// What goes into a sentinel's core (Event) and what comes out of it (Action).
#ifndef VIGIL_SENTINEL_STEP_H_
#define VIGIL_SENTINEL_STEP_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sentinel/messages.h"

namespace vigil::sentinel {

// Something that users are told; see event_names.h.
struct SentinelEvent {
  std::string name;  // "+sdown"
  std::string text;  // "master a 127.0.0.1 7001"
  friend bool operator==(const SentinelEvent&, const SentinelEvent&) = default;
};

// --- Events: what happened.

struct TimePassed {};

// Another sentinel asks. Answered later by a Reply with the same token.
struct QuestionAsked {
  uint64_t token = 0;
  Question question;
};

// An Ask was answered. `round` is the Ask's.
struct Answered {
  std::string from;
  uint64_t round = 0;
  Answer answer;
};

enum class Failure {
  kRefused,  // the host answers, the process does not exist: it died
  kTimeout,
  kUnwelcome,  // one side does not let the other in: certificate, secret, group, ...
  kOther,  // also: it answered that it will not answer
};

// An Ask was not answered, or with something that is no answer.
struct AskFailed {
  std::string to;
  Topic topic = Topic::kPing;
  uint64_t round = 0;
  Failure failure = Failure::kOther;
  std::string why;
};

// A SaveState failed. Nothing that stood after it was done.
struct SaveFailed {
  std::string why;
};

using Event =
    std::variant<TimePassed, QuestionAsked, Answered, AskFailed, SaveFailed>;

// --- Actions: what to do, in this order.

// Ask `to` at `address`; `to` may be this node's own name, then its own member
// is asked. Exactly one Answered or AskFailed follows, except that an own
// member may stay silent.
struct Ask {
  std::string to;
  std::string address;
  uint64_t round = 0;
  Question question;
  absl::Duration timeout;
};

// The answer to the QuestionAsked with this token.
struct Reply {
  uint64_t token = 0;
  absl::StatusOr<Answer> answer;
};

// Hand the question with this token to the own member; its answer is the
// answer.
struct PassToMember {
  uint64_t token = 0;
  Question question;
};

// A barrier: nothing after it happens until these bytes are durable.
struct SaveState {
  std::string bytes;
};

struct Announce {
  SentinelEvent event;
};

using Action = std::variant<Ask, Reply, PassToMember, SaveState, Announce>;

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_STEP_H_
