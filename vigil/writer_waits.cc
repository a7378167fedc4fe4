// What a write waits for: before it, for room; after it, for its Ack.
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/no_room.h"
#include "vigil/writer.h"

namespace vigil {
// --- Before

void Writer::Count(const absl::Status& refused) {
  if (options_.forwards && absl::IsFailedPrecondition(refused)) return;
  meter_.Refused(refused);
}

absl::StatusOr<Epoch> Writer::Admit(const Goal& goal, MonoTime deadline) {
  const WriteBounds& bounds = options_.bounds;
  std::optional<WaitMeter::Wait> wait;
  for (;;) {
    const uint64_t seen = replicator_.commit_moved().Seen();
    if (closed_) {
      return absl::CancelledError(
          "the node is being destroyed; nothing was applied");
    }
    const auto terms = replicator_.write_terms();
    absl::StatusOr<Epoch> epoch = CheckAck(goal.ack, terms);
    if (!epoch.ok()) {
      Count(epoch.status());
      return epoch;
    }
    if (terms.lacks_replicas) {
      meter_.RefusedForReplicas();
      return absl::UnavailableError(absl::StrCat(
          terms.good_replicas, " good replicas, ", terms.replicas_needed,
          " needed (min_replicas_to_write); nothing was applied"));
    }
    if (!bounds.any()) return epoch;
    const std::string reached = ReachedBound(Unreplicated(terms), bounds);
    if (reached.empty()) return epoch;
    const bool waits =
        goal.way.room == Room::kAwait && bounds.then == OnUnreplicated::kWait;
    if (waits) engine_.HurryPersisted();
    if (waits && !wait.has_value() && clock_.Mono() < deadline)
      wait.emplace(meter_.delays());
    if (!waits || !replicator_.commit_moved().WaitPast(seen, deadline)) {
      meter_.RefusedForBound();
      return engine::NoRoomError(
          absl::StrCat(reached, "; nothing was applied"));
    }
  }
}

UnreplicatedStatus Writer::Unreplicated(
    const replication::WriteTerms& terms) const {
  return UnreplicatedAt(terms.unreplicated, engine_.last_index(),
                        engine_.appended_bytes(), clock_.Mono());
}

UnreplicatedStatus Writer::unreplicated() const {
  const auto terms = replicator_.write_terms();
  return terms.epoch ? Unreplicated(terms) : UnreplicatedStatus{};
}

absl::StatusOr<Epoch> Writer::CheckAck(
    Ack ack, const replication::WriteTerms& terms) const {
  const bool durable = ack == Ack::kDisk || ack == Ack::kQuorumDurable;
  if (durable && engine_.memory_only()) {
    return absl::InvalidArgumentError(
        absl::StrCat("ack is '", ToString(ack),
                     "' on a node without data_dir; allowed: kMemory, "
                     "kReplicas, kQuorum"));
  }
  if (ack == Ack::kDisk) {
    if (absl::Status disk = engine_.storage_health(); !disk.ok()) return disk;
  }
  if (!terms.epoch) {
    if (absl::Status health = engine_.health(); !health.ok()) return health;
    return not_master_();
  }
  if (ack.level == Ack::kReplicas) {
    const int replicas = replicator_.commit_point().replicas;
    if (ack.replicas < 1 || ack.replicas > replicas) {
      return absl::InvalidArgumentError(absl::StrCat("ack is '", ToString(ack),
                                                     "'; allowed: 1 to ",
                                                     replicas, " replicas"));
    }
  }
  if (IsQuorum(ack) && replicator_.isolated()) {
    return absl::UnavailableError(
        "too few members are in reach for a quorum; nothing was applied");
  }
  return terms.epoch;
}

// --- After

// With a note, which is in the record, whoever gave it waits for that.
bool Writer::WaitsForVerdict(const absl::Status& verdict, const Goal& goal) {
  return IsQuorum(goal.ack) && goal.way.note == nullptr &&
         (absl::IsAborted(verdict) || absl::IsNotFound(verdict) ||
          absl::IsOutOfRange(verdict));
}

// Nothing was changed, because of what was there. For a quorum that must not be taken back,
// nor be older than what another master has acknowledged: the commit of a record of its
// own says both. Others are told where the log ended.
absl::StatusOr<uint64_t> Writer::AfterNothing(const Goal& goal,
                                              MonoTime room_by) {
  if (goal.way.note != nullptr && goal.way.note->index != 0)
    return goal.way.note->index;
  if (!IsQuorum(goal.ack)) return engine_.last_index();
  absl::StatusOr<uint64_t> index = engine_.AppendEmpty(room_by);
  if (!index.ok()) Count(index.status());
  if (absl::IsFailedPrecondition(index.status())) return not_master_();
  return index;
}

void Writer::Close() {
  closed_ = true;
  engine_.EndWrites();  // wakes who waits for the disk
  replicator_.commit_moved().Notify();
}

WrittenOr<Receipt> Writer::Rejoin(uint64_t index, Ack ack,
                                  absl::Duration timeout) {
  const absl::StatusOr<Epoch> epoch = CheckAck(ack, replicator_.write_terms());
  if (!epoch.ok()) return epoch.status();
  return Written<Receipt>{.result = {},
                          .ack = AckOf(ack, *epoch, index),
                          .deadline = clock_.Mono() + timeout};
}

WrittenOr<Receipt> Writer::Wait(const Receipt& receipt, Ack ack,
                                absl::Duration timeout) {
  const absl::StatusOr<Epoch> epoch = CheckAck(ack, replicator_.write_terms());
  if (!epoch.ok()) return epoch.status();
  if (epoch->number != receipt.epoch) {
    return absl::FailedPreconditionError(absl::StrCat(
        "this node is no longer the master of epoch ", receipt.epoch,
        ", but of epoch ", epoch->number, ": the outcome is unknown"));
  }
  return Written<Receipt>{.result = receipt,
                          .ack = AckOf(ack, *epoch, receipt.index),
                          .deadline = clock_.Mono() + timeout};
}

PendingAck Writer::AckOf(Ack ack, const Epoch& epoch, uint64_t index) {
  // Where writes go on without the disk only who asked for it waits for it.
  const bool synced_anyway = options_.sync_all && !engine_.memory_only() &&
                             engine_.storage_health().ok();
  PendingAck pending{.epoch = epoch,
                     .receipt = {.epoch = epoch.number, .index = index},
                     .to_disk = ack == Ack::kDisk || synced_anyway};
  if (ack != Ack::kDisk) pending.to_group = ack;
  if (pending.to_disk) engine_.RequestSync(index);
  switch (pending.to_group.level) {
    case Ack::kMemory:
    case Ack::kDisk:
      break;
    case Ack::kReplicas:
      replicator_.AskHeld(index);
      break;
    case Ack::kQuorum:
      replicator_.AskQuorum(index);
      break;
    case Ack::kQuorumDurable:
      replicator_.AskDurable(index);
      engine_.RequestSync(index);
      break;
  }
  return pending;
}

AckProgress Writer::progress() const {
  const uint64_t durable = engine_.durable_index();
  return {.durable = durable,
          .group = replicator_.commit_point(),
          .health = engine_.health(),
          .disk = engine_.storage_health()};
}

absl::StatusOr<Receipt> Writer::AwaitAck(PendingAck ack, MonoTime deadline) {
  if (ack.reached()) return AnswerOf(ack);
  for (;;) {
    const bool to_disk = ack.to_disk;
    const auto turn = engine_.sync_turns().Of(ack.receipt.index);
    const uint64_t seen = replicator_.commit_moved().Seen();
    if (auto answer = Judge(ack, progress())) return *std::move(answer);
    if (ack.to_disk != to_disk) continue;  // now for what the other one tells
    if (closed_) return Cancelled(ack);
    if (to_disk ? !engine_.sync_turns().Await(turn, deadline)
                : !replicator_.commit_moved().WaitPast(seen, deadline,
                                                       ack.receipt.index)) {
      Note(ack, progress());
      return TimedOut(ack);
    }
  }
}

}  // namespace vigil
