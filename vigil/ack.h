// What a write waits for before it is answered, and when that is reached. The
// waiting call and the asynchronous one both ask here.
//
//   written ─▶ to_disk? ──durable >= index──▶ to_quorum? ──committed >= index──▶ OK
//                 └── another epoch, a failed storage ──┴──▶ outcome unknown
//
// Pure: no thread, lock or clock.
#ifndef VIGIL_ACK_H_
#define VIGIL_ACK_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "replication/position.h"
#include "vigil/operation.h"

namespace vigil {

// How far this node's log has come, at one moment.
// Invariant: `durable` was read before `epoch`. It counts only while the epoch is
// still the writer's: in a later one it may be another log's.
struct AckProgress {
  uint64_t durable = 0;
  Epoch epoch;             // that this node is master of, {}: of none
  uint64_t committed = 0;  // in that epoch
  absl::Status
      health;         // not OK: writes are refused, because the storage failed
  absl::Status disk;  // not OK: it failed, and nothing gets durable any more
};

// A write that is applied, on its way to its Ack.
struct PendingAck {
  Epoch epoch;      // that it was written in
  Receipt receipt;  // and what it has reached
  bool to_disk = false;
  bool to_quorum = false;

  bool reached() const { return !to_disk && !to_quorum; }
};

// Takes off what is reached. Returns the answer, or nullopt: it goes on waiting.
// An error carries the receipt.
std::optional<absl::StatusOr<Receipt>> Judge(PendingAck& ack,
                                             const AckProgress& progress);

// The answers of those who wait no longer: kDeadlineExceeded, kCancelled. They carry
// the receipt.
absl::Status TimedOut(const PendingAck& ack);
absl::Status Cancelled(const PendingAck& ack);

}  // namespace vigil

#endif  // VIGIL_ACK_H_
