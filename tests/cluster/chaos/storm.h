// Storm: the story of a run. One fault after the other, chosen by the seed; at intervals
// everything is mended, all writes end, and everything is checked.
//
//   form ─▶ { faults ... ─▶ in step ─▶ halt ─▶ level ─▶ dump, compare, account ─▶ go on }
//
// The seed decides what is done, not when the machine does it: the same seed is the same
// faults, and rarely the same run.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_STORM_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_STORM_H_

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/cluster/chaos/faults.h"
#include "tests/cluster/chaos/group.h"
#include "tests/cluster/chaos/network.h"
#include "tests/cluster/chaos/tally.h"

namespace vigil::chaos {

struct StormOptions {
  absl::Duration time;              // of faults; the checks come on top
  uint64_t failovers = UINT64_MAX;  // ends after as many, too
  // No fault lasts longer. Several times down_after and the election behind it.
  absl::Duration longest = absl::Seconds(4);
  absl::Duration check_period = absl::Seconds(15);
  std::vector<std::string> kinds;  // of faults; empty: all
};

class Storm {
 public:
  // `say`: a line of what happens.
  Storm(Group& group, Network& network, Tally& tally, uint64_t seed,
        const StormOptions& options,
        std::function<void(const std::string&)> say);

  // OK: it came to its end, and the tally says what was found. Else the group did not
  // come back, a node ended by itself, or the machine does not do what is needed.
  absl::Status Run();

 private:
  // All follow one master, and while writers run each node has a write of its own
  // acknowledged by the quorum.
  absl::Status AwaitInStep();
  absl::Status Check();
  // What all nodes have dropped, once it is certain, and told.
  absl::Status AwaitDropped(std::vector<Dropped>& dropped);
  absl::Status CompareData(std::vector<Present>& data);
  // The next kind: each once, in an order by chance, before one comes again.
  std::string NextKind();

  Group& group_;
  Network& network_;
  Tally& tally_;
  const StormOptions options_;
  std::mt19937_64 random_;
  Faults faults_;
  std::function<void(const std::string&)> say_;
  std::vector<std::string> kinds_;
  std::vector<std::string> left_;
};

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_STORM_H_
