#include "tests/simulation/read_path.h"

#include <utility>

namespace vigil::simulation {

using replication::ReadAnswer;
using replication::ReadOutcome;

void ReadPath::Read(const Freshness& freshness, MonoTime deadline,
                    std::function<void()> read, Done done) {
  auto request = std::make_shared<const Request>(
      Request{deadline, std::move(read), std::move(done)});
  if (freshness.level == Freshness::kLinearizable) return CatchUp(request);
  member_.AskRecord(
      freshness.epoch, freshness.index, deadline,
      [this, request](const ReadAnswer& answer) {
        if (answer.outcome == ReadOutcome::kLost)
          return request->done(absl::AbortedError("a failover lost it"));
        if (answer.outcome != ReadOutcome::kConfirmed)
          return request->done(absl::DeadlineExceededError("too late"));
        request->read();
        request->done(
            member_.log_facts().history.PositionAt(engine_.visible_index()));
      });
}

void ReadPath::CatchUp(const Shared& request) {
  member_.AskRead(request->deadline, [this, request](const ReadAnswer& answer) {
    if (answer.outcome != ReadOutcome::kConfirmed)
      return request->done(absl::UnavailableError("not confirmed"));
    AwaitCommit(request, answer.epoch);
  });
}

void ReadPath::AwaitCommit(const Shared& request, const Epoch& epoch) {
  request->read();
  const uint64_t seen = engine_.visible_index();
  const Position at = member_.log_facts().history.PositionAt(seen);
  disk_.Hurry();
  member_.AskCommit(
      epoch, seen, request->deadline,
      [this, request, at](const ReadAnswer& answer) {
        if (answer.outcome == ReadOutcome::kChanged) return CatchUp(request);
        if (answer.outcome != ReadOutcome::kConfirmed)
          return request->done(absl::UnavailableError("not committed"));
        request->done(at);
      });
}

}  // namespace vigil::simulation
