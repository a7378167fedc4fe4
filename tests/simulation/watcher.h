// Watcher: the shell of a sentinel in one thread: what sentinel/monitor.h is to the real
// core, on virtual calls.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_WATCHER_H_
#define VIGIL_TESTS_SIMULATION_WATCHER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "engine/engine.h"
#include "replication/member.h"
#include "sentinel/sentinel.h"
#include "tests/simulation/calls.h"
#include "tests/simulation/host.h"
#include "tests/simulation/node_clock.h"
#include "tests/simulation/world.h"

namespace vigil::simulation {

class Watcher final : public Callee {
 public:
  struct Surroundings {
    World& world;
    Host& host;
    Calls& calls;
    engine::Engine& engine;
    replication::MemberPort& member;
    const NodeClock& clock;
    std::function<int(const std::string&)> machine_at;
  };
  // Its process ends the listening, too.
  Watcher(const Surroundings& surroundings, const sentinel::Options& options);

  void Start();
  void MemberChanged() { Put(sentinel::TimePassed{}); }
  void OnQuestion(
      const sentinel::Question& question,
      std::function<void(absl::StatusOr<sentinel::Answer>)> reply) override;

 private:
  using Reply = std::function<void(absl::StatusOr<sentinel::Answer>)>;
  void Put(sentinel::Event event);
  void Step(const sentinel::Event& event);
  void PlanWake();
  void Execute(sentinel::Ask& action);
  void Execute(sentinel::Reply& action);
  void Execute(sentinel::PassToMember& action);
  void Execute(sentinel::SaveState& action);
  void Execute(sentinel::Announce& action);
  void AskOwnMember(const sentinel::Question& question,
                    std::function<void(sentinel::Answer)> done);
  void TellVote(uint64_t number, NodeId candidate);
  void Answer(uint64_t token, absl::StatusOr<sentinel::Answer> answer);

  World& world_;
  Host& host_;
  Calls& calls_;
  engine::Engine& engine_;
  replication::MemberPort& member_;
  const NodeClock& clock_;
  const std::function<int(const std::string&)> machine_at_;
  const sentinel::Options options_;
  sentinel::Sentinel core_;
  std::string save_failure_;
  std::map<uint64_t, std::pair<sentinel::Question, Reply>> replies_;
  uint64_t tokens_ = 0;
  uint64_t wakes_ = 0;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_WATCHER_H_
