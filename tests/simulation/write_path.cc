#include "tests/simulation/write_path.h"

#include <utility>

namespace vigil::simulation {

absl::Status WritePath::Check(Ack ack) const {
  const replication::CommitPoint& group = member_.commit_point();
  if (!group.epoch) return absl::FailedPreconditionError("not the master");
  if (ack.level == Ack::kReplicas && ack.replicas > group.replicas)
    return absl::InvalidArgumentError("too many replicas");
  const bool quorum = ack == Ack::kQuorum || ack == Ack::kQuorumDurable;
  if (quorum && member_.isolated())
    return absl::UnavailableError("too few members are in reach");
  return absl::OkStatus();
}

absl::StatusOr<WritePath::Applied> WritePath::Write(
    absl::Span<const engine::Mutation> mutations, Ack ack,
    absl::Duration timeout, std::function<void(const Applied&)> applied,
    AckQueue::Done done) {
  if (absl::Status may = Check(ack); !may.ok()) return may;
  const MonoTime deadline = clock_.Mono() + timeout;
  Applied written{.epoch = member_.commit_point().epoch};
  if (mutations.size() == 1) {
    auto result = engine_.Mutate(mutations[0], MonoTime{});
    if (!result.ok()) return result.status();
    written.result = *std::move(result);
  } else {
    auto results = engine_.MutateMany(mutations, MonoTime{});
    if (!results.ok()) return results.status();
    written.result = std::move(results->front());
  }
  written.index =
      written.result.index != 0 ? written.result.index : engine_.last_index();
  applied(written);
  PendingAck pending{
      .epoch = written.epoch,
      .receipt = {.epoch = written.epoch.number, .index = written.index},
      .to_disk = ack == Ack::kDisk || sync_all_};
  if (ack != Ack::kDisk) pending.to_group = ack;
  disk_.OnAppended();
  if (pending.to_disk) disk_.RequestSync(written.index);
  if (pending.to_group == Ack::kQuorum) disk_.Hurry();
  if (pending.to_group == Ack::kQuorumDurable) {
    member_.AskDurable(written.index);
    disk_.RequestSync(written.index);
  }
  if (pending.reached()) {
    done(pending.receipt);
    return written;
  }
  queue_.Add(pending, deadline, std::move(done));
  host_.Post(timeout, [this] { Advance(); });
  Advance();
  return written;
}

AckProgress WritePath::progress() const {
  const uint64_t durable = engine_.durable_index();
  return {.durable = durable,
          .group = member_.commit_point(),
          .health = engine_.health(),
          .disk = engine_.storage_health()};
}

void WritePath::Advance() {
  if (queue_.empty()) return;
  for (AckQueue::Answer& answer : queue_.Advance(progress(), clock_.Mono()))
    answer.done(std::move(answer.result));
}

}  // namespace vigil::simulation
