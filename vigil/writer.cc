#include "vigil/writer.h"

#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "vigil/write_errors.h"

namespace vigil {

absl::StatusOr<Receipt> Writer::Set(std::string_view key,
                                    std::string_view value,
                                    const SetOptions& options) {
  if (options.ttl < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("ttl is '", absl::FormatDuration(options.ttl),
                     "'; allowed: 0 or more"));
  }
  const absl::StatusOr<Epoch> epoch = Admit(options.ack);
  if (!epoch.ok()) return epoch.status();
  const MonoTime deadline = clock_.Mono() + options.timeout;
  WallTime expires_at;
  if (options.ttl > absl::ZeroDuration() &&
      options.ttl != absl::InfiniteDuration()) {
    // Rounded up: a key that was asked to live lives at least a millisecond.
    const int64_t ttl_ms = absl::ToInt64Milliseconds(
        absl::Ceil(options.ttl, absl::Milliseconds(1)));
    const int64_t now_ms = clock_.Wall().ms;
    const int64_t room = std::numeric_limits<int64_t>::max() - now_ms;
    expires_at.ms = now_ms + std::min(ttl_ms, room);
  }
  const absl::StatusOr<uint64_t> index =
      engine_.Set(key, value, expires_at, deadline);
  if (!index.ok()) return index.status();
  return Await(options.ack, *epoch, *index, deadline);
}

absl::StatusOr<DeleteResult> Writer::Delete(std::string_view key,
                                            const WriteOptions& options) {
  const absl::StatusOr<Epoch> epoch = Admit(options.ack);
  if (!epoch.ok()) return epoch.status();
  const MonoTime deadline = clock_.Mono() + options.timeout;
  const auto deleted = engine_.Delete(key, deadline);
  if (!deleted.ok()) return deleted.status();
  // That there is no such key may rest on a delete that is not yet committed:
  // the answer waits for the log's end, so that it is as good as its Ack.
  const bool existed = deleted->index != 0;
  const uint64_t index = existed ? deleted->index : engine_.last_index();
  const absl::StatusOr<Receipt> receipt =
      Await(options.ack, *epoch, index, deadline);
  if (!receipt.ok()) return receipt.status();
  return DeleteResult{.existed = existed, .receipt = *receipt};
}

absl::StatusOr<Epoch> Writer::Admit(Ack ack) const {
  if (ack == Ack::kDisk && engine_.memory_only()) {
    return absl::InvalidArgumentError(
        "ack is 'kDisk' on a node without data_dir; allowed: kMemory, kQuorum");
  }
  const Epoch epoch = replicator_.master_epoch();
  if (!epoch) {
    if (absl::Status health = engine_.health(); !health.ok()) return health;
    return absl::FailedPreconditionError("not the master");
  }
  if (ack == Ack::kQuorum && replicator_.isolated()) {
    return absl::UnavailableError(
        "too few members are in reach for a quorum; nothing was applied");
  }
  return epoch;
}

absl::StatusOr<Receipt> Writer::Await(Ack ack, const Epoch& epoch,
                                      uint64_t index, MonoTime deadline) {
  Receipt receipt{.epoch = epoch.number, .index = index};
  absl::Status reached;
  if (ack == Ack::kDisk || (sync_all_ && !engine_.memory_only())) {
    reached = AwaitDurable(epoch, index, deadline);
    if (reached.ok()) receipt.reached = Ack::kDisk;
  }
  if (reached.ok() && ack == Ack::kQuorum) {
    reached = replicator_.AwaitCommit(epoch, index, deadline);
    if (reached.ok()) receipt.reached = Ack::kQuorum;
  }
  if (!reached.ok()) {
    // Why it lost its role, if that is why.
    if (absl::Status health = engine_.health(); !health.ok()) reached = health;
    return WithReceipt(std::move(reached), receipt);
  }
  return receipt;
}

absl::Status Writer::AwaitDurable(const Epoch& epoch, uint64_t index,
                                  MonoTime deadline) {
  engine_.RequestSync(index);
  while (true) {
    const uint64_t seen = engine_.persisted().Seen();
    // The order matters: the index counts only while the epoch is still ours.
    const bool durable = engine_.durable_index() >= index;
    if (replicator_.master_epoch() != epoch) {
      return absl::DeadlineExceededError(
          "this node lost its role while the write waited for the disk: its "
          "outcome is unknown");
    }
    if (durable) return absl::OkStatus();
    if (absl::Status health = engine_.health(); !health.ok()) return health;
    if (!engine_.persisted().WaitPast(seen, deadline)) {
      return absl::DeadlineExceededError(
          "the disk did not take the write in time: its outcome is unknown");
    }
  }
}

}  // namespace vigil
