// Change streams: what Node::Watch tells of each change, in the order of the log.
//
// A subscription has a position in the log. It waits for nobody, and nothing is kept
// for it: one that is slow falls behind in the log, first in memory, then on disk, and
// when the log no longer holds what comes next it is told so by a gap, once, and goes on
// after it.
//
//   auto watch = node->Watch({.prefix = "user:"}, [](const ChangeBatch& batch) {
//     if (batch.gap) Reload();                 // Scan, or drop what was derived
//     for (const Change& change : batch.changes) Apply(change);
//     Remember(batch.position);                // to go on from here after a restart
//   });
#ifndef VIGIL_CHANGE_H_
#define VIGIL_CHANGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace vigil {

// A place in a group's log: after the record `index`, which the epoch (`epoch`,
// `leader`) wrote. Good on every node of the group, and after restarts. {}: before the
// first record.
struct LogPosition {
  uint64_t epoch = 0;
  uint64_t leader = 0;  // who won that epoch: tells two of one number apart
  uint64_t index = 0;
  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

// Bits, so that a set of them is a mask.
enum class ChangeKind : uint32_t {
  kSet = 1,       // has this value and expiry now, whichever command did it
  kDeleted = 2,   // by a command
  kExpired = 4,   // because its time was over
  kEvicted = 8,   // because memory was needed
  kFlushed = 16,  // the whole database was emptied; no key is named
};
inline constexpr uint32_t kAllChanges = 31;
constexpr uint32_t operator|(ChangeKind a, ChangeKind b) {
  return static_cast<uint32_t>(a) | static_cast<uint32_t>(b);
}
constexpr uint32_t operator|(uint32_t a, ChangeKind b) {
  return a | static_cast<uint32_t>(b);
}

struct Change {
  uint64_t index = 0;  // of its record; for kSet the version that Get returns
  ChangeKind kind = ChangeKind::kSet;
  // At the time of the change, if databases were swapped since. A swap itself is no change
  // of a key, and is not told.
  int database = 0;
  std::string key;
  std::string value;  // of kSet, unless WatchOptions::values is off
  absl::Time expires_at = absl::InfiniteFuture();
};

// Changes with these indexes are not told: the log no longer holds them, or (after a
// failover below Ack::kQuorum) it holds others than those that were told. What was
// derived from changes must be read again: the keys, as a Scan finds them from now on,
// reflect everything up to last_missing.
struct ChangeGap {
  uint64_t first_missing = 0;
  uint64_t last_missing = 0;
  friend bool operator==(const ChangeGap&, const ChangeGap&) = default;
};

// What one call of a subscriber brings: a gap, or changes. All changes of an atomic batch
// are in one call. Now and then there is neither: then only the position moved.
struct ChangeBatch {
  std::vector<Change> changes;
  std::optional<ChangeGap> gap;
  LogPosition position;  // up to here everything was told
};

struct WatchOptions {
  // Only keys that begin with it. A kFlushed comes whatever the prefix is.
  std::string prefix;

  // Which kinds: ChangeKinds joined by |. Not empty.
  uint32_t kinds = kAllChanges;

  // One numbered database, or all. Range: 0 to Options::databases - 1.
  std::optional<int> database;

  // Where to begin: with the first change after this position, for example the last
  // ChangeBatch::position seen. {} is the beginning of the log: usually a gap.
  // Default: now, so that what is written after Watch returned is told.
  std::optional<LogPosition> after;

  // Whether changes bring the value. Off: less to copy, for who only invalidates.
  bool values = true;

  // Tell a change as soon as it is in this node's memory. Sooner; but a failover may
  // take it back, which is told by a gap. Default: when a quorum holds it, so that what
  // was told is never taken back.
  bool uncommitted = false;
};

}  // namespace vigil

#endif  // VIGIL_CHANGE_H_
