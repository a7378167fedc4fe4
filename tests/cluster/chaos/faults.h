// Faults: what may be done to a group, each from its beginning to its end.
//
// Thread-safety: none; the group's thread.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_FAULTS_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_FAULTS_H_

#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/cluster/chaos/group.h"
#include "tests/cluster/chaos/network.h"
#include "tests/cluster/chaos/tally.h"

namespace vigil::chaos {

class Faults {
 public:
  // What is referred to must outlive them. No fault lasts longer than `longest`.
  Faults(Group& group, Network& network, Tally& tally, std::mt19937_64& random,
         absl::Duration longest);

  // The names of all there are, and of those that this machine can do.
  static std::vector<std::string> AllKinds();
  std::vector<std::string> Kinds() const;
  // Does one, and mends it: afterwards every process runs and the network is well, but
  // nobody has waited for the group. REQUIRES: it is one of Kinds().
  absl::Status Play(const std::string& kind);

 private:
  using Step = absl::Status (Faults::*)();
  enum class Needs { kProcesses, kNetwork, kDisk };
  struct Kind {
    const char* name;
    Needs needs;
    Step play;
  };
  static const std::vector<Kind>& Catalogue();

  absl::Status Killed();
  absl::Status TwoKilled();
  absl::Status AllKilled();
  absl::Status Paused();
  absl::Status Restarted();
  absl::Status Isolated();
  absl::Status CutOneWay();
  absl::Status CutBetweenTwo();
  absl::Status Lossy();
  absl::Status Refused();
  absl::Status Slowed();
  absl::Status Unplugged();
  absl::Status FullDisk();
  absl::Status KilledInFullSync();
  absl::Status KilledInRewind();

  // The fault lasts: for a while, in which now and then another process is killed, too.
  absl::Status Hold(absl::Duration at_most);
  absl::Status KillAll(const std::vector<int>& nodes, absl::Duration down);
  absl::Status Isolate(int node);
  // Waits until the node takes over something, kills somebody then, and starts it again.
  absl::Status KillWhileSyncing(int node, const char* kind);
  void Count(const char* kind) { ++tally_.faults[kind]; }

  int Below(int end) {
    return std::uniform_int_distribution<int>(0, end - 1)(random_);
  }
  absl::Duration Within(absl::Duration from, absl::Duration to);
  // The master every other time.
  int Somebody();
  int Another(int node);  // than this one
  std::vector<int> Others(int node) const;

  Group& group_;
  Network& network_;
  Tally& tally_;
  std::mt19937_64& random_;
  const absl::Duration longest_;
};

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_FAULTS_H_
