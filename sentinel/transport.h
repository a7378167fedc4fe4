// Transport: the port through which a sentinel asks others, and through which others
// ask it.
#ifndef VIGIL_SENTINEL_TRANSPORT_H_
#define VIGIL_SENTINEL_TRANSPORT_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sentinel/messages.h"
#include "sentinel/step.h"

namespace vigil::sentinel {

struct AskResult {
  absl::StatusOr<Answer> answer;
  // What kind of failure it was, if there is no answer.
  Failure failure = Failure::kOther;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Does not block. `done` is called once, on a thread of the transport, at the
  // latest a moment after `timeout`. The destructor waits for all of them.
  virtual void Ask(const std::string& address, const Question& question,
                   absl::Duration timeout,
                   std::function<void(AskResult)> done) = 0;
};

// Thread-safe. Does not block. `reply` is called once, on any thread.
class Answerer {
 public:
  virtual ~Answerer() = default;
  virtual void Answer(
      Question question,
      std::function<void(absl::StatusOr<sentinel::Answer>)> reply) = 0;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_TRANSPORT_H_
