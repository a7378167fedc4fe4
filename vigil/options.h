// Options: everything that a node is told. Plain values with working defaults;
// Validate() follows the order of this file, and its errors name the option,
// the value and the allowed range.
#ifndef VIGIL_OPTIONS_H_
#define VIGIL_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace vigil {

// One voting member of the group.
struct MemberAddress {
  std::string name;     // as its own Options::node_id
  std::string address;  // "host:port" where the others reach it
};

// When a node makes its log durable without a write asking for it (Ack::kDisk).
enum class Fsync {
  kNever,        // the operating system decides; a power cut may take minutes
  kEverySecond,  // a power cut may take about a second, as Redis' appendfsync
  kAlways,       // every write waits for the disk, whatever its Ack
};

// What the monitor in this process does when nodes fail. The names are Redis'.
struct SentinelOptions {
  // How many sentinels must see the master down before a failover may start. A
  // failover also needs the votes of a majority, so less than a majority only
  // makes suspicion quicker. Range: 1 to the number of members. Default: a
  // majority.
  std::optional<int> quorum;

  // How long a node may be silent before this sentinel holds it for down.
  // Shorter fails over sooner and suspects a busy machine sooner. Range: 50 ms
  // to 1 h.
  absl::Duration down_after = absl::Seconds(1);

  // How long each step of a failover may take before it is aborted, and the
  // upper bound of the pause between attempts. Range: down_after to 1 h.
  absl::Duration failover_timeout = absl::Seconds(10);

  // Take a refused connection (the host answers, the process is gone) for a
  // sign of death at once, when it happens twice in a row, instead of after
  // down_after.
  bool fast_fail = true;
};

// What a node says about failures and failovers, with Redis' names.
struct Event {
  std::string name;  // "+sdown", "+switch-master", ...
  std::string text;  // "master a 127.0.0.1:7001 ..."
  absl::Time time;
};

enum class LogSeverity { kDebug, kNotice, kWarning };

struct Options {
  // The group's name. Nodes of different groups refuse each other. Not empty,
  // up to 64 of A-Z a-z 0-9 . - _
  std::string group;

  // This node's name, one of `members`. Same alphabet.
  std::string node_id;

  // "host:port" to listen on, for example "127.0.0.1:7001". Empty: this node's
  // address in `members`.
  std::string listen;

  // The voting members of the group, this one included, the same list on all: 1
  // to 7. An odd number; an even one tolerates no more failures than one fewer.
  // They form the group at its first start; then the recorded list counts.
  std::vector<MemberAddress> members;

  // Where this node keeps its data, its identity and its promises. One
  // directory a node; it is created if its parent exists. Empty: memory only. A
  // memory-only node that restarts has lost its identity, and the group does
  // not take it back.
  std::string data_dir;

  SentinelOptions sentinel;

  // Which node a failover prefers among those with equal data: the lowest.
  // Range: 1 to 1000.
  int priority = 100;

  // A master that has not heard from enough members for a commit quorum for
  // this long refuses Ack::kQuorum writes at once (kUnavailable) instead of
  // letting them time out. Range: 20 ms to less than sentinel.down_after.
  // Default: half of that.
  std::optional<absl::Duration> isolation_timeout;

  Fsync fsync = Fsync::kEverySecond;

  // The longest key and value accepted. Range: 1 to 64 KiB; 1 to 64 MiB.
  size_t key_bytes_max = 64 << 10;
  size_t value_bytes_max = 16 << 20;

  // The part of the log that is kept in memory: writers wait when as much is
  // not yet written to disk; replicas that are further behind are served from
  // disk. Range: 1 MiB to 64 GiB, and at least twice value_bytes_max.
  size_t log_memory_bytes = 64 << 20;

  // The part of the log that is kept on disk, so that a replica that was away
  // gets what it missed instead of everything. Range: at least
  // log_memory_bytes.
  uint64_t log_disk_bytes = uint64_t{1} << 30;

  // How often changed keys are written to the state on disk. Shorter makes a
  // restart quicker and writes more. Range: 100 ms to 1 h.
  absl::Duration checkpoint_period = absl::Seconds(30);

  // Lines of what the node does, from any of its threads; thread-safe, and must
  // not call the node. Empty: silence.
  std::function<void(LogSeverity, std::string_view)> logger;

  // Sentinel events as they happen, in order, on the node's callback thread.
  // May call the node; must not destroy it.
  std::function<void(const Event&)> on_event;

  // kInvalidArgument names the first option that is out of range.
  absl::Status Validate() const;
};

}  // namespace vigil

#endif  // VIGIL_OPTIONS_H_
