// Weather: how large the group of a run is, and what may go wrong in it.
//
// Each run draws its own selection of faults (swarm testing: Groce and others, 2012):
// with all of them at once everywhere, the ones that stop progress would hide those that
// need it.
#ifndef VIGIL_TESTS_SIMULATION_WEATHER_H_
#define VIGIL_TESTS_SIMULATION_WEATHER_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "engine/base/random.h"
#include "engine/options.h"

namespace vigil::simulation {

struct Weather {
  // --- The group.
  int members = 3;
  engine::FsyncPolicy fsync = engine::FsyncPolicy::kEverySecond;
  absl::Duration down_after = absl::Milliseconds(400);
  // Small ones let replicas fall out of the log, so that they need a full sync.
  size_t log_memory_bytes = 1 << 20;
  uint64_t log_disk_bytes = 1 << 20;
  absl::Duration checkpoint_period = absl::Seconds(1);

  // --- The network. Chances in percent, of a question or an answer.
  uint64_t loss = 0;
  uint64_t duplicates = 0;
  absl::Duration delay_max = absl::Milliseconds(1);
  bool partitions = false;
  bool one_way_cuts = false;
  bool broken_streams = false;

  // --- Machines and processes.
  bool kills = false;
  bool power_cuts = false;
  bool wipes = false;  // never so many that what a quorum holds could be gone
  bool pauses = false;
  uint64_t crash_one_in = 0;  // actions; 0: none
  bool wrong_clocks = false;  // rates and jumps

  // --- Disks.
  bool slow_disks = false;
  bool failing_disks = false;  // with an error, or full

  bool bursts = false;  // of load

  static Weather Draw(Random& random);
};

inline Weather Weather::Draw(Random& random) {
  const auto one_in = [&](uint64_t n) { return random.Uniform(n) == 0; };
  Weather weather;
  constexpr int kMembers[] = {3, 3, 3, 3, 5, 2, 4};
  weather.members = kMembers[random.Uniform(7)];
  constexpr engine::FsyncPolicy kPolicies[] = {
      engine::FsyncPolicy::kEverySecond, engine::FsyncPolicy::kNever,
      engine::FsyncPolicy::kAlways};
  weather.fsync = kPolicies[random.Uniform(3)];
  weather.down_after =
      random.Between(absl::Milliseconds(200), absl::Milliseconds(600));
  if (one_in(2)) weather.log_memory_bytes = 8 << 10;
  if (one_in(2)) weather.log_disk_bytes = 4 << 10;
  weather.checkpoint_period =
      random.Between(absl::Milliseconds(100), absl::Seconds(3));
  if (one_in(2)) weather.loss = random.Uniform(15);
  if (one_in(2)) weather.duplicates = random.Uniform(20);
  if (one_in(3)) weather.delay_max = absl::Milliseconds(20);
  weather.partitions = one_in(2);
  weather.one_way_cuts = one_in(3);
  weather.broken_streams = one_in(2);
  weather.kills = one_in(2);
  weather.power_cuts = one_in(2);
  weather.wipes = one_in(8);
  weather.pauses = one_in(2);
  if (one_in(2)) weather.crash_one_in = 300 + random.Uniform(3000);
  weather.wrong_clocks = one_in(3);
  weather.slow_disks = one_in(3);
  weather.failing_disks = one_in(4);
  weather.bursts = one_in(3);
  return weather;
}

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_WEATHER_H_
