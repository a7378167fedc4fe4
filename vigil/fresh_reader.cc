#include "vigil/fresh_reader.h"

#include <functional>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"

namespace vigil {
namespace {

using replication::ReadAnswer;
using replication::Replicator;
using replication::Token;

// An answer that the replicator's thread gives, perhaps when nobody waits any more.
class Answer {
 public:
  // REQUIRES: it is kept alive by the caller, and by what it returns.
  static Replicator::ReadAnswered For(std::shared_ptr<Answer> answer) {
    return [answer = std::move(answer)](const ReadAnswer& given) {
      MutexLock lock(answer->mu_);
      answer->given_ = given;
      answer->changed_.NotifyAll();
    };
  }
  std::optional<ReadAnswer> Await(MonoTime deadline) {
    MutexLock lock(mu_);
    while (!given_.has_value()) {
      if (!changed_.WaitUntil(mu_, deadline)) break;
    }
    return given_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::optional<ReadAnswer> given_ ABSL_GUARDED_BY(mu_);
};

// Asks, and waits for the answer.
template <typename Ask>
std::optional<ReadAnswer> AskAndAwait(Replicator& replicator, MonoTime deadline,
                                      Ask ask) {
  const auto answer = std::make_shared<Answer>();
  const Token token = ask(Answer::For(answer));
  std::optional<ReadAnswer> given = answer->Await(deadline);
  if (!given.has_value()) replicator.GiveUpRead(token);
  return given;
}

absl::Status Closing() {
  return absl::UnavailableError("this node is closing");
}

absl::Status NotInTime() {
  return absl::DeadlineExceededError(
      "this node was not known to be as fresh as asked for in time");
}

}  // namespace

absl::StatusOr<ReadPoint> FreshReader::Read(const Freshness& freshness,
                                            absl::FunctionRef<void()> read,
                                            absl::Duration timeout) {
  const MonoTime deadline = clock_.Mono() + timeout;
  switch (freshness.level) {
    case Freshness::kLocal:
      break;
    case Freshness::kMaxStaleness:
      if (Age() > freshness.max_staleness) {
        const absl::StatusOr<Epoch> epoch = CatchUp(deadline);
        if (!epoch.ok()) return epoch.status();
      }
      break;
    case Freshness::kAtLeast:
      if (absl::Status s =
              AwaitReceipt(freshness.epoch, freshness.index, deadline);
          !s.ok()) {
        return s;
      }
      break;
    case Freshness::kLinearizable:
      return ReadLinearizable(read, deadline);
  }
  read();
  return PointNow();
}

absl::StatusOr<ReadPoint> FreshReader::ReadLinearizable(
    absl::FunctionRef<void()> read, MonoTime deadline) {
  for (;;) {
    const absl::StatusOr<Epoch> epoch = CatchUp(deadline);
    if (!epoch.ok()) return epoch.status();
    read();
    const uint64_t seen = engine_.visible_index();
    // This node's own share of the quorum.
    engine_.HurryPersisted();
    const auto committed = AskAndAwait(
        replicator_, deadline, [&](Replicator::ReadAnswered answered) {
          return replicator_.AskCommit(*epoch, seen, std::move(answered));
        });
    if (!committed.has_value()) return NotInTime();
    if (committed->confirmed) {
      return ReadPoint{.epoch = epoch->number, .index = seen, .age = Age()};
    }
  }
}

absl::StatusOr<Epoch> FreshReader::CatchUp(MonoTime deadline) {
  for (;;) {
    const uint64_t role = roles_.Seen();
    if (stopped_) return Closing();
    const auto answer = AskAndAwait(
        replicator_, deadline, [&](Replicator::ReadAnswered answered) {
          return replicator_.AskRead(std::move(answered));
        });
    if (!answer.has_value()) return NotInTime();
    if (answer->confirmed) {
      int64_t known = as_of_ns_;
      while (known < answer->as_of.ns &&
             !as_of_ns_.compare_exchange_weak(known, answer->as_of.ns)) {
      }
      return answer->epoch;
    }
    if (replicator_.isolated()) {
      return absl::UnavailableError(
          "too few members are in reach to confirm that this node is master");
    }
    if (!roles_.WaitPast(role, deadline)) {
      return absl::UnavailableError("no master is in reach of this node");
    }
  }
}

absl::Status FreshReader::AwaitReceipt(uint64_t epoch, uint64_t index,
                                       MonoTime deadline) {
  for (;;) {
    const uint64_t log = engine_.appended().Seen();
    if (stopped_) return Closing();
    const replication::LogFacts facts = replicator_.log_facts();
    const uint64_t wrote = facts.history.EpochAt(index).number;
    if (wrote > epoch) {
      return absl::AbortedError(absl::StrCat("the group does not have index ",
                                             index, " of epoch ", epoch,
                                             ": a failover lost it"));
    }
    if (wrote == epoch && !facts.replacing && engine_.last_index() >= index)
      return absl::OkStatus();
    if (!engine_.appended().WaitPast(log, deadline)) return NotInTime();
  }
}

absl::Duration FreshReader::Age() const {
  const int64_t as_of = as_of_ns_;
  return as_of == INT64_MIN ? absl::InfiniteDuration()
                            : clock_.Mono() - MonoTime{as_of};
}

ReadPoint FreshReader::PointNow() const {
  const uint64_t seen = engine_.visible_index();
  return {.epoch = replicator_.log_facts().history.EpochAt(seen).number,
          .index = seen,
          .age = Age()};
}

}  // namespace vigil
