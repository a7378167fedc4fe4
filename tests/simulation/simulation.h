// Simulation: one run of a whole group, from one seed.
//
// A safety phase, in which everything may go wrong that the Weather has; then a healing
// phase, in which nothing does any more, and the group must settle in bounded time
// (invariant 5 of protocol.md).
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_SIMULATION_H_
#define VIGIL_TESTS_SIMULATION_SIMULATION_H_

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/calls.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace vigil::simulation {

struct Outcome {
  std::string violation;            // empty: none
  bool waits_for_operator = false;  // see Simulation::WaitsForOperator
  uint64_t operations = 0;
  uint64_t acknowledged = 0;
  uint64_t promotions = 0;
  uint64_t dropped = 0;
  std::map<std::string, uint64_t> faults;
  uint64_t digest = 0;  // of the trace
};

class Simulation {
 public:
  // `trace`: where it goes; nullptr: nowhere.
  explicit Simulation(uint64_t seed, std::FILE* trace = nullptr);
  ~Simulation();

  Outcome Run();

 private:
  void RunFor(absl::Duration d);
  bool Violated() const { return !world_.checks.violation().empty(); }
  Process& Any();
  void PlanMisfortune();
  void Misfortune();
  void Partition();
  void Stop(Process& process, bool power);
  void Heal();
  bool IsLevel();
  // Too few members are left that may decide: power or directories were lost on more of
  // them than the group can miss, and what only an operator can order is not done.
  bool WaitsForOperator();
  void CheckAtEnd();

  World world_;
  const std::string dir_;
  Calls calls_{world_};
  std::vector<std::unique_ptr<Process>> processes_;
  Clients clients_{world_, processes_};
  bool waits_ = false;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_SIMULATION_H_
