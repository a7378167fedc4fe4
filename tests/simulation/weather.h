// Weather: how large the group of a run is, and what may go wrong in it.
//
// Each run draws its own selection of faults (swarm testing: Groce and others, 2012):
// with all of them at once everywhere, the ones that stop progress would hide those that
// need it.
#ifndef VIGIL_TESTS_SIMULATION_WEATHER_H_
#define VIGIL_TESTS_SIMULATION_WEATHER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
  // Of a stream: small ones make many steps of a walk, a rewind, or a catching up.
  size_t message_bytes = 2 << 10;
  size_t max_memory = 0;  // so little that the keys that expire are evicted
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
  bool power_cut_everywhere = false;  // several machines at once, often
  bool wipes = false;  // never so many that what a quorum holds could be gone
  bool pauses = false;
  uint64_t crash_one_in = 0;  // actions; 0: none
  bool crash_in_syncs = false;
  bool wrong_clocks = false;  // rates and jumps

  // --- Disks.
  bool slow_disks = false;
  bool failing_disks = false;  // with an error, or full

  bool bursts = false;  // of load
  bool storms = false;  // one misfortune on the heels of the other, for a while

  static Weather Draw(Random& random);
  // Makes sure of a kind of misfortune, by the name of its member above, or
  //   few_members, no_fsync, small_messages, small_logs, tiny_logs, little_memory,
  //   much_loss, slow_network
  // False: there is no such kind.
  bool MakeSureOf(std::string_view kind);
  // Draw, and MakeSureOf each. REQUIRES: they are kinds.
  static Weather Draw(Random& random, const std::vector<std::string>& kinds);
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_WEATHER_H_
