// What a write waits for before it is answered, and when that is reached. The
// waiting call and the asynchronous one both ask here.
//
//   written ─▶ to_disk? ──durable >= index──▶ to_group? ──its mark >= index──▶ OK
//                 └── another epoch, a failed storage ──┴──▶ outcome unknown
//
// Pure: no thread, lock or clock.
#ifndef VIGIL_ACK_H_
#define VIGIL_ACK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "replication/commit_point.h"
#include "replication/position.h"
#include "vigil/operation.h"

namespace vigil {

// How far this node's log has come, at one moment.
// Invariant: `durable` was read before `group`. It counts only while the epoch there is
// still the writer's: in a later one it may be another log's.
struct AckProgress {
  uint64_t durable = 0;
  replication::CommitPoint group;
  absl::Status
      health;         // not OK: writes are refused, because the storage failed
  absl::Status disk;  // not OK: it failed, and nothing gets durable any more
};

// A write that is decided, on its way to its Ack.
struct PendingAck {
  Epoch epoch;      // that it was written in
  Receipt receipt;  // and what it has reached
  bool to_disk = false;
  // kReplicas, kQuorum, kQuorumDurable; kMemory: nothing.
  Ack to_group;
  // False: it found that nothing is to be done. An error has no receipt then, which would
  // say that it was applied; and `verdict`, if it is an error, is the answer.
  bool applied = true;
  absl::Status verdict;

  bool reached() const { return !to_disk && to_group == Ack::kMemory; }
};

inline bool IsQuorum(const Ack& ack) {
  return ack == Ack::kQuorum || ack == Ack::kQuorumDurable;
}

// "kReplicas(2)"
std::string ToString(const Ack& ack);

// What a write waits for next is one of these, and over when that one has come up to
// its index: the disk of this node; C members; likewise synced; from kReplicasMark on
// one replica, two, ...
inline constexpr size_t kDiskMark = 0;
inline constexpr size_t kQuorumMark = 1;
inline constexpr size_t kQuorumDurableMark = 2;
inline constexpr size_t kReplicasMark = 3;
inline constexpr size_t kMarks =
    kReplicasMark +
    std::tuple_size_v<decltype(replication::CommitPoint::held_by)>;
// REQUIRES: !ack.reached().
size_t MarkOf(const PendingAck& ack);
uint64_t IndexAt(size_t mark, const AckProgress& progress);

// Notes in the receipt what it has reached, and takes off what need not be waited for
// any more. In another epoch: nothing.
void Note(PendingAck& ack, const AckProgress& progress);

// Of one that has reached what it waited for.
absl::StatusOr<Receipt> AnswerOf(const PendingAck& ack);

// As Note. Returns the answer, or nullopt: it goes on waiting.
// An error carries the receipt of what was applied.
std::optional<absl::StatusOr<Receipt>> Judge(PendingAck& ack,
                                             const AckProgress& progress);

// The answers of those who wait no longer: kDeadlineExceeded, kCancelled. They carry
// the receipt of what was applied.
absl::Status TimedOut(const PendingAck& ack);
absl::Status Cancelled(const PendingAck& ack);

}  // namespace vigil

#endif  // VIGIL_ACK_H_
