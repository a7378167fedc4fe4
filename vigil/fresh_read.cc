#include "vigil/fresh_read.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil {
namespace {

using replication::ReadAnswer;
using replication::ReadOutcome;
using replication::Token;

absl::Status ToError(ReadOutcome outcome, const Freshness& freshness) {
  switch (outcome) {
    case ReadOutcome::kConfirmed:
    case ReadOutcome::kChanged:
      break;
    case ReadOutcome::kLate:
      return absl::DeadlineExceededError(
          "this node was not known to be as fresh as asked for in time");
    case ReadOutcome::kNoMaster:
      return absl::UnavailableError(
          "no master was in reach of this node in time");
    case ReadOutcome::kIsolated:
      return absl::UnavailableError(
          "too few members are in reach to confirm that this node is master");
    case ReadOutcome::kBusy:
      return absl::ResourceExhaustedError(
          "too many reads wait for this node's replicator; back off");
    case ReadOutcome::kLost:
      return absl::AbortedError(
          absl::StrCat("the group does not have index ", freshness.index,
                       " of epoch ", freshness.epoch, ": a failover lost it"));
  }
  return absl::InternalError("not an error");
}

}  // namespace

absl::Duration FreshNode::Age() const {
  const int64_t as_of = as_of_ns;
  return as_of == INT64_MIN ? absl::InfiniteDuration()
                            : clock.Mono() - MonoTime{as_of};
}

void FreshNode::IsFreshAsOf(MonoTime time) {
  int64_t known = as_of_ns;
  while (known < time.ns && !as_of_ns.compare_exchange_weak(known, time.ns)) {
  }
}

void FreshRead::Begin() {
  request_.run([self = shared_from_this()] { self->Start(); });
}

void FreshRead::Cancel(const absl::Status& why) {
  request_.run([self = shared_from_this(), why] {
    if (self->ended_) return;
    if (self->waits_for_ != 0)
      self->node_.replicator.GiveUpRead(self->waits_for_);
    self->Finish(why);
  });
}

// Goes on with `then` when the replicator has answered, unless it has ended meanwhile.
template <typename Ask>
void FreshRead::Wait(Ask ask, void (FreshRead::*then)(const ReadAnswer&)) {
  waits_for_ = ask([self = shared_from_this(), then](const ReadAnswer& answer) {
    self->request_.run([self, then, answer] {
      self->waits_for_ = 0;
      if (!self->ended_) ((*self).*then)(answer);
    });
  });
}

void FreshRead::Start() {
  if (ended_) return;
  const Freshness& freshness = request_.freshness;
  switch (freshness.level) {
    case Freshness::kLocal:
      return ReadNow();
    case Freshness::kMaxStaleness:
      return node_.Age() <= freshness.max_staleness ? ReadNow() : CatchUp();
    case Freshness::kAtLeast:
      if (freshness.index == 0) return ReadNow();
      return Wait(
          [&](auto answered) {
            return node_.replicator.AskRecord(freshness.epoch, freshness.index,
                                              request_.deadline,
                                              std::move(answered));
          },
          &FreshRead::OnRecord);
    case Freshness::kLinearizable:
      return CatchUp();
  }
}

void FreshRead::CatchUp() {
  Wait(
      [this](auto answered) {
        return node_.replicator.AskRead(request_.deadline, std::move(answered));
      },
      &FreshRead::OnCaughtUp);
}

void FreshRead::OnCaughtUp(const ReadAnswer& answer) {
  if (answer.outcome != ReadOutcome::kConfirmed)
    return Finish(ToError(answer.outcome, request_.freshness));
  node_.IsFreshAsOf(answer.as_of);
  if (request_.freshness.level == Freshness::kLinearizable)
    return AwaitCommit(answer.epoch);
  ReadNow();
}

void FreshRead::OnRecord(const ReadAnswer& answer) {
  if (answer.outcome != ReadOutcome::kConfirmed)
    return Finish(ToError(answer.outcome, request_.freshness));
  ReadNow();
}

void FreshRead::ReadNow() {
  request_.read();
  const uint64_t seen = node_.engine.visible_index();
  Finish(ReadPoint{
      .epoch = node_.replicator.log_facts().history.EpochAt(seen).number,
      .index = seen,
      .age = node_.Age()});
}

void FreshRead::AwaitCommit(const Epoch& epoch) {
  request_.read();
  seen_ = {.epoch = epoch.number, .index = node_.engine.visible_index()};
  // This node's own share of the quorum.
  node_.engine.HurryPersisted();
  Wait(
      [&](auto answered) {
        return node_.replicator.AskCommit(epoch, seen_.index, request_.deadline,
                                          std::move(answered));
      },
      &FreshRead::OnCommitted);
}

void FreshRead::OnCommitted(const ReadAnswer& answer) {
  if (answer.outcome == ReadOutcome::kChanged) return CatchUp();
  if (answer.outcome != ReadOutcome::kConfirmed)
    return Finish(ToError(answer.outcome, request_.freshness));
  seen_.age = node_.Age();
  Finish(seen_);
}

void FreshRead::Finish(absl::StatusOr<ReadPoint> result) {
  ended_ = true;
  request_.done(std::move(result));
  // What they hold of the caller's ends with the read, whoever still holds this.
  request_.read = nullptr;
  request_.done = nullptr;
}

}  // namespace vigil
