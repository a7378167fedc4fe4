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
#include "tests/simulation/subscribers.h"
#include "tests/simulation/world.h"

namespace vigil::simulation {

struct Outcome {
  std::string violation;            // empty: none
  bool waits_for_operator = false;  // see Simulation::WaitsForOperator
  uint64_t operations = 0;          // that were checked
  uint64_t reads = 0;               // of them
  uint64_t changes = 0;             // that subscribers were told
  uint64_t acknowledged = 0;
  uint64_t promotions = 0;
  uint64_t dropped = 0;
  uint64_t full_syncs = 0;
  uint64_t rewinds = 0;
  std::map<std::string, uint64_t> faults;
  uint64_t digest = 0;  // of the trace
};

class Simulation {
 public:
  struct Options {
    std::vector<std::string> weather;  // kinds to make sure of (weather.h)
    std::FILE* trace = nullptr;        // where it goes; nullptr: nowhere
  };
  Simulation(uint64_t seed, const Options& options);
  explicit Simulation(uint64_t seed) : Simulation(seed, Options{}) {}
  ~Simulation();

  Outcome Run();

 private:
  void RunFor(absl::Duration d);
  bool Violated() const { return !world_.checks.violation().empty(); }
  Process& Any();
  // The last one of them, if there are several.
  Process* Master();
  void PlanMisfortune();
  void Misfortune();
  void Recover(Process& process);
  void Pause(Process& process);
  void FailDisk(Process& process);
  void Partition();
  void CutOff(int machine, bool one_way);
  void Stop(Process& process, bool power);
  void CutPowerOfMany();
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
  Subscribers subscribers_{world_, processes_};
  int storm_ = 0;  // misfortunes that follow at once
  bool waits_ = false;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_SIMULATION_H_
