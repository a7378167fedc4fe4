// Seeded bugs: mistakes that somebody might make, each to be found by the simulation.
//
// bugs.txt has them. seed_bugs.py makes copies of the sources concerned, in which each is
// a choice at run time; only the programs of this folder are linked with the copies. The
// sources themselves know nothing of it.
#ifndef VIGIL_TESTS_SIMULATION_SEEDED_H_
#define VIGIL_TESTS_SIMULATION_SEEDED_H_

#include <string>
#include <string_view>
#include <vector>

namespace vigil::seeded {

struct Bug {
  std::string name;
  std::string pitfall;
  std::string what;
  // What the weather of its runs is made to have (weather.h).
  std::vector<std::string> weather;
};

// Those that are compiled in.
const std::vector<Bug>& Bugs();

// The bug of the run at hand; empty: none.
inline std::string_view chosen;  // NOLINT: the one global, in tests only
inline bool Is(std::string_view name) { return chosen == name; }

}  // namespace vigil::seeded

#endif  // VIGIL_TESTS_SIMULATION_SEEDED_H_
