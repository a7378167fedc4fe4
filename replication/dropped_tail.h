// DroppedTail: records that a member gave up because its group does not have them, as
// they are kept for the application.
//
//     head (a marker record: text lines) | record | record | ...
//
// The records are those of the log, byte for byte. The head says what they alone do
// not: their epochs, which of them were on disk, how many there are.
//
// Pure. Thread-compatible.
#ifndef VIGIL_REPLICATION_DROPPED_TAIL_H_
#define VIGIL_REPLICATION_DROPPED_TAIL_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/record.h"
#include "replication/position.h"

namespace vigil::replication {

struct DroppedTail {
  uint64_t first = 0;  // index of the first record that was dropped
  uint64_t last = 0;
  uint64_t records = 0;  // that are here
  // Of those from `first` on: the log no longer held them, so they are not here.
  uint64_t unread = 0;
  uint64_t durable = 0;   // up to here they were synced; 0: none of them
  std::string databases;  // the member's map of databases (engine/databases.h)
  History history;        // names the epochs of the records

  // Whether this record is here. REQUIRES: nothing was taken out.
  bool Holds(const Position& at) const {
    return at.index >= first + unread && at.index <= last &&
           history.EpochAt(at.index) == at.epoch;
  }
  friend bool operator==(const DroppedTail&, const DroppedTail&) = default;
};

// Whether an effect is one of the application: no marker, and no note that went with a
// write (engine/note.h).
bool IsWrite(const engine::RecordView& effect);

// The head's bytes.
std::string EncodeDroppedTail(const DroppedTail& tail);
// Takes the head off `bytes`. kOutOfRange: they end before it does. kDataLoss: it is
// not one. On error `bytes` is unchanged.
absl::StatusOr<DroppedTail> TakeDroppedTail(std::string_view& bytes);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_DROPPED_TAIL_H_
