// World: what everything in a run shares.
#ifndef VIGIL_TESTS_SIMULATION_WORLD_H_
#define VIGIL_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/simulation/checks.h"
#include "tests/simulation/network.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/streams.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/weather.h"

namespace vigil::simulation {

struct World {
  World(uint64_t seed, const std::vector<std::string>& kinds, std::FILE* out)
      : random(seed),
        weather(Weather::Draw(random, kinds)),
        trace(scheduler, out) {}

  // True once in about `n`, while there is misfortune.
  bool Bad(uint64_t n) { return !calm && random.Uniform(n) == 0; }
  void Fault(const std::string& kind, const std::string& who) {
    ++faults[kind];
    trace.Say(who, "FAULT " + kind);
  }

  Scheduler scheduler;
  Random random;
  const Weather weather;
  Trace trace;
  Network network{weather, random};
  Streams streams{scheduler, network, random};
  Checks checks{weather.members};
  uint64_t full_syncs = 0;  // that began
  uint64_t rewinds = 0;
  bool calm = false;                       // the healing phase
  std::map<std::string, uint64_t> faults;  // by kind
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_WORLD_H_
