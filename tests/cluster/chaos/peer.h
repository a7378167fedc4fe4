// Peer: one node of the group as the supervisor sees it: where it lives, its process if
// it has one, and the latest of what that process reported.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_PEER_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_PEER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "examples/three_node_demo/child.h"
#include "examples/three_node_demo/line_buffer.h"
#include "tests/cluster/chaos/accounts.h"
#include "tests/cluster/chaos/disk.h"
#include "tests/cluster/chaos/message.h"

namespace vigil::chaos {

struct Peer {
  // ---- fixed ----
  std::string name;
  std::string dir;  // log and dump; the data are on `disk`
  std::unique_ptr<Disk> disk;
  std::string data_dir() const { return disk->path() + "/data"; }
  std::string dropped_dir() const { return data_dir() + "/dropped"; }
  std::string log_path() const { return dir + "/log"; }
  std::string dump_path() const { return dir + "/dump"; }

  // ---- the process ----
  std::unique_ptr<demo::Child> child;  // null: down
  demo::LineBuffer lines;              // of its stdout
  int incarnation = -1;                // processes before this one
  bool paused = false;
  enum class End { kNone, kKill, kQuit };
  End end_asked = End::kNone;  // what we did to end it

  // ---- what it reported ----
  bool opened = false;
  bool unwell = false;  // its storage has failed
  bool halted = false;
  bool dumped = false;
  bool flooding = false;
  uint64_t by_quorum = 0;  // its writes that a quorum has acknowledged
  Seen seen;

  bool answers() const { return child != nullptr && !paused && opened; }

  // Forgets what the process before this one reported.
  void Begin(std::unique_ptr<demo::Child> started);
};

// What its files of dropped writes have. Files that are not certain yet do not count.
// kUnavailable: there are such.
absl::StatusOr<std::vector<Dropped>> ReadDropped(const Peer& peer, int node);

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_PEER_H_
