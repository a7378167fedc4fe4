// What the group remembers of forwarded writes, so that each is applied once.
//
//   session (a node, since its start)   slot 0   slot 1   ...   slot 255
//                                       seq 17   seq 4
//                                         │
//   "once/" session slot  ──▶  17, what came of it        an entry of the engine's own
//
// A session has at most one write under way in a slot, and numbers those of a slot. So
// the entry of a slot is all that must be known: a write with its sequence is that write
// once more; a lower one is a copy that somebody has given up; a higher one is new, and
// its sender needs the older one no more. The entry is a note (engine/note.h): it is in
// the record of its write, so the log, the disk, a full sync, a rewind and a failover
// keep both or neither.
//
// An entry lives kSessionTtl from its write on, by the master's wall clock; nobody asks for
// a write again after kRetryFor.
//
// Pure.
#ifndef VIGIL_WRITE_SESSION_H_
#define VIGIL_WRITE_SESSION_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace vigil {

// Writes of a node that are at the master at once: enough to fill a link. Some 25 KB of
// entries for each node, 1 MiB at most.
inline constexpr uint32_t kSessionSlots = 256;
// Six times what is needed: the rest is for wall clocks that differ, or jump.
inline constexpr absl::Duration kSessionTtl = absl::Hours(1);
inline constexpr absl::Duration kRetryFor = absl::Minutes(10);
// What is kept of an outcome; of a larger one only that it was.
inline constexpr size_t kOutcomeBytesMax = 4 << 10;

struct SessionId {
  uint64_t high = 0;
  uint64_t low = 0;
  friend auto operator<=>(const SessionId&, const SessionId&) = default;
};

std::string SessionKey(const SessionId& session, uint32_t slot);

struct SessionEntry {
  uint64_t sequence = 0;
  absl::Status verdict;  // its code and words
  bool kept = true;      // false: the outcome was too large
  std::string outcome;   // encoded
};

// Leaves out an outcome that is too large.
std::string EncodeSessionEntry(const SessionEntry& entry);
// kDataLoss: it is none.
absl::StatusOr<SessionEntry> DecodeSessionEntry(std::string_view bytes);

}  // namespace vigil

#endif  // VIGIL_WRITE_SESSION_H_
