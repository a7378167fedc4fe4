// Calls: what one sentinel asks another, on a network that loses, repeats and delays it.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_CALLS_H_
#define VIGIL_TESTS_SIMULATION_CALLS_H_

#include <cstdint>
#include <functional>
#include <map>

#include "absl/time/time.h"
#include "sentinel/transport.h"
#include "tests/simulation/world.h"

namespace vigil::simulation {

// A process, as those who ask it see it. Null at its machine: it does not run.
class Callee {
 public:
  virtual ~Callee() = default;
  // `reply` may be called several times, or never.
  virtual void OnQuestion(
      const sentinel::Question& question,
      std::function<void(absl::StatusOr<sentinel::Answer>)> reply) = 0;
};

class Calls {
 public:
  using Done = std::function<void(sentinel::AskResult)>;

  explicit Calls(World& world) : world_(world) {}

  void Listen(int machine, Callee* callee) { callees_[machine] = callee; }
  // `done` is called once, unless the caller has died by then: it must not care.
  void Ask(int from, int to, const sentinel::Question& question,
           absl::Duration timeout, Done done);

 private:
  struct Call {
    int from = 0;
    int to = 0;
    Done done;
  };
  void Arrive(uint64_t id, const sentinel::Question& question);
  void Finish(uint64_t id, sentinel::AskResult result);

  World& world_;
  std::map<int, Callee*> callees_;
  std::map<uint64_t, Call> calls_;
  uint64_t asked_ = 0;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_CALLS_H_
