#include "vigil/ack.h"

#include "vigil/write_errors.h"

namespace vigil {

std::optional<absl::StatusOr<Receipt>> Judge(PendingAck& ack,
                                             const AckProgress& progress) {
  if (ack.reached()) return ack.receipt;
  if (progress.epoch != ack.epoch) {
    // Why it lost its role, if that is why.
    return WithReceipt(
        progress.health.ok()
            ? absl::DeadlineExceededError(
                  "this node lost its role while the write waited: its outcome "
                  "is unknown")
            : progress.health,
        ack.receipt);
  }
  if (ack.to_disk && progress.durable >= ack.receipt.index) {
    ack.to_disk = false;
    ack.receipt.reached = Ack::kDisk;
  }
  if (!ack.to_disk && ack.to_quorum &&
      progress.committed >= ack.receipt.index) {
    ack.to_quorum = false;
    ack.receipt.reached = Ack::kQuorum;
  }
  if (ack.reached()) return ack.receipt;
  if (!progress.health.ok()) return WithReceipt(progress.health, ack.receipt);
  if (ack.to_disk && !progress.disk.ok())
    return WithReceipt(progress.disk, ack.receipt);
  return std::nullopt;
}

absl::Status TimedOut(const PendingAck& ack) {
  return WithReceipt(
      absl::DeadlineExceededError(
          ack.to_disk
              ? "the disk did not take the write in time: its outcome is "
                "unknown"
              : "the quorum did not acknowledge the write in time: its outcome "
                "is unknown"),
      ack.receipt);
}

absl::Status Cancelled(const PendingAck& ack) {
  return WithReceipt(
      absl::CancelledError("nobody waits for the write any more: its outcome "
                           "is unknown"),
      ack.receipt);
}

}  // namespace vigil
