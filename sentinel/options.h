// Options: what a sentinel is told, and the times that follow from it.
//
// The front door validates what the user wrote; Validate() here protects the
// core against a caller that did not.
#ifndef VIGIL_SENTINEL_OPTIONS_H_
#define VIGIL_SENTINEL_OPTIONS_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "replication/configuration.h"
#include "replication/shared_options.h"

namespace vigil::sentinel {

struct Options {
  // The group's name. A question that carries another one is refused.
  std::string group;

  // This node's name.
  std::string name;

  // Where the others reach it.
  std::string address;

  // This node's identity, shared by its member and its sentinel. Not zero.
  NodeId id;

  // All members, this one included, until the group has recorded them. Identities may
  // be zero. Empty: this node joins a group, through `join`.
  std::vector<replication::Member> members;

  // Addresses of nodes that know the group which this node joins.
  std::vector<std::string> join = {};

  // How many sentinels must see the master down; 0: a majority of the members. Of fewer
  // members than that, all. Range: 0 to members.size().
  int quorum = 0;

  // How long a peer may be silent before it is subjectively down.
  absl::Duration down_after = absl::Seconds(1);

  // How long a step of a failover may take, and the longest pause between
  // attempts.
  absl::Duration failover_timeout = absl::Seconds(10);

  // Two refused connections in a row count as down at once.
  bool fast_fail = true;

  // A question that carries others is refused.
  replication::SharedOptions shared_options = {};

  // Seed of the core's randomness: delays and jitter only.
  uint64_t seed = 1;

  absl::Duration ping_period() const {
    return std::min(absl::Seconds(1), down_after / 4);
  }
  // A slower answer counts as none. With it at most four pings are under way.
  absl::Duration ping_timeout() const { return 4 * ping_period(); }
  // As Redis: five times the period of asking.
  absl::Duration opinion_validity() const { return 5 * ping_period(); }
  // Long enough for a dead process' next connection attempt to be a new one.
  absl::Duration refusal_retry() const {
    return std::min(ping_period(), absl::Milliseconds(20));
  }
  // A timer that is later than this says that the process itself stood still.
  // Below 25 ms it is the ordinary lateness of a loaded machine.
  absl::Duration tilt_threshold() const {
    return std::min(absl::Seconds(2),
                    std::max(absl::Milliseconds(25), down_after / 4));
  }
  // The longest random delay before a candidacy: what keeps sentinels that see
  // a death in the same millisecond from dividing the votes.
  absl::Duration candidacy_delay_max() const {
    return std::min(absl::Seconds(1),
                    std::max(absl::Milliseconds(10), down_after / 10));
  }
  absl::Duration election_timeout() const {
    return std::min(failover_timeout, absl::Seconds(1));
  }
  // How long a leader that has enough answers waits for the others: one of them
  // may hold writes that no quorum was asked for.
  absl::Duration straggler_grace() const {
    return std::min(absl::Seconds(1), down_after / 5);
  }

  // kInvalidArgument names the first option that is out of range.
  absl::Status Validate() const;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_OPTIONS_H_
