#include "vigil/ack.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "vigil/write_errors.h"

namespace vigil {
namespace {

// Of those that wait for n replicas: how many hold it.
int Holders(uint64_t index, const replication::CommitPoint& group) {
  int holders = 0;
  while (holders < group.replicas &&
         group.held_by[static_cast<size_t>(holders)] >= index) {
    ++holders;
  }
  return holders;
}

absl::Status Unreached(absl::Status why, const PendingAck& ack) {
  return ack.applied ? WithReceipt(std::move(why), ack.receipt) : why;
}

}  // namespace

std::string ToString(const Ack& ack) {
  switch (ack.level) {
    case Ack::kMemory:
      return "kMemory";
    case Ack::kDisk:
      return "kDisk";
    case Ack::kReplicas:
      return absl::StrCat("kReplicas(", ack.replicas, ")");
    case Ack::kQuorum:
      return "kQuorum";
    case Ack::kQuorumDurable:
      return "kQuorumDurable";
  }
  return {};
}

size_t MarkOf(const PendingAck& ack) {
  if (ack.to_disk) return kDiskMark;
  switch (ack.to_group.level) {
    case Ack::kReplicas:
      return kReplicasMark + static_cast<size_t>(ack.to_group.replicas) - 1;
    case Ack::kQuorumDurable:
      return kQuorumDurableMark;
    case Ack::kMemory:
    case Ack::kDisk:
    case Ack::kQuorum:
      break;
  }
  return kQuorumMark;
}

uint64_t IndexAt(size_t mark, const AckProgress& progress) {
  switch (mark) {
    case kDiskMark:
      return progress.durable;
    case kQuorumMark:
      return progress.group.index;
    case kQuorumDurableMark:
      return progress.group.durable;
    default:
      return progress.group.held_by[mark - kReplicasMark];
  }
}

void Note(PendingAck& ack, const AckProgress& progress) {
  if (ack.reached() || progress.group.epoch != ack.epoch) return;
  const uint64_t index = ack.receipt.index;
  if (ack.to_disk) {
    if (progress.durable < index) return;
    ack.to_disk = false;
    ack.receipt.reached = Ack::kDisk;
    if (ack.reached()) return;
  }
  if (IndexAt(MarkOf(ack), progress) >= index) {
    ack.receipt.reached = std::exchange(ack.to_group, Ack::kMemory);
    return;
  }
  // A part of what was asked for, should no more of it come in time.
  if (ack.to_group == Ack::kQuorumDurable && progress.group.index >= index)
    ack.receipt.reached = Ack::kQuorum;
  if (const int holders = Holders(index, progress.group);
      ack.to_group.level == Ack::kReplicas && holders > 0) {
    ack.receipt.reached = Ack::Replicas(holders);
  }
}

absl::StatusOr<Receipt> AnswerOf(const PendingAck& ack) {
  if (!ack.verdict.ok()) return ack.verdict;
  return ack.receipt;
}

std::optional<absl::StatusOr<Receipt>> Judge(PendingAck& ack,
                                             const AckProgress& progress) {
  if (ack.reached()) return AnswerOf(ack);
  if (progress.group.epoch != ack.epoch) {
    // Why it lost its role, if that is why.
    return Unreached(
        progress.health.ok()
            ? absl::DeadlineExceededError(
                  "this node lost its role while the write waited: its outcome "
                  "is unknown")
            : progress.health,
        ack);
  }
  Note(ack, progress);
  if (ack.reached()) return AnswerOf(ack);
  if (!progress.health.ok()) return Unreached(progress.health, ack);
  if (ack.to_disk && !progress.disk.ok()) return Unreached(progress.disk, ack);
  return std::nullopt;
}

absl::Status TimedOut(const PendingAck& ack) {
  return Unreached(
      absl::DeadlineExceededError(absl::StrCat(
          ack.to_disk ? "the disk did not take"
          : ack.to_group.level == Ack::kReplicas
              ? "too few replicas acknowledged"
              : "the quorum did not acknowledge",
          ack.applied ? " the write in time: its outcome is unknown"
                      : " in time what the write found, for which it applied "
                        "nothing")),
      ack);
}

absl::Status Cancelled(const PendingAck& ack) {
  return Unreached(
      absl::CancelledError("nobody waits for the write any more: its outcome "
                           "is unknown"),
      ack);
}

}  // namespace vigil
