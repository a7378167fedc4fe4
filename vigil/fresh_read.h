// FreshRead: one read of this node's memory that is as fresh as asked for, step by step.
//
//   local            ───────────────────────────────────────────▶ read ─▶ done
//   max staleness    asked lately, or ask the master ───────────▶ read ─▶ done
//   at least         the log has the record ────────────────────▶ read ─▶ done
//   linearizable  ┌▶ ask the master; it asks a quorum; the log is there ─▶ read
//                 │    ─▶ what was seen is committed, in the same epoch ─▶ done
//                 └────── no: the master has changed
//
// A linearizable read comes before its last wait, because a master's memory, and a
// replica's, are ahead of what is committed.
//
// Thread-safety: Cancel() from any thread; the rest happens where `run` runs its steps,
// which must be one after the other. No thread waits.
// Lifetime: shared with whoever has a step to run; `node` outlives its end.
#ifndef VIGIL_FRESH_READ_H_
#define VIGIL_FRESH_READ_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/engine.h"
#include "replication/replicator.h"
#include "vigil/freshness.h"

namespace vigil {

// What the reads of a node share. Thread-safe.
struct FreshNode {
  engine::Engine& engine;
  replication::Replicator& replicator;
  const Clock& clock;
  // Everything that was acknowledged before is here. INT64_MIN: never asked.
  std::atomic<int64_t> as_of_ns{INT64_MIN};

  absl::Duration Age() const;
  void IsFreshAsOf(MonoTime time);
};

class FreshRead : public std::enable_shared_from_this<FreshRead> {
 public:
  using Run = std::function<void(std::function<void()> step)>;
  using Done = std::function<void(absl::StatusOr<ReadPoint>)>;
  struct Request {
    Freshness freshness;
    MonoTime deadline;
    std::function<void()> read;
    Run run;
    Done done;  // called exactly once, as a step
  };

  FreshRead(FreshNode& node, Request request)
      : node_(node), request_(std::move(request)) {}

  // Once.
  void Begin();
  // It ends with `why`, unless it has ended already.
  void Cancel(const absl::Status& why);

 private:
  template <typename Ask>
  void Wait(Ask ask, void (FreshRead::*then)(const replication::ReadAnswer&));
  void Start();
  void CatchUp();
  void OnCaughtUp(const replication::ReadAnswer& answer);
  void OnRecord(const replication::ReadAnswer& answer);
  void ReadNow();
  void AwaitCommit(const Epoch& epoch);
  void OnCommitted(const replication::ReadAnswer& answer);
  void Finish(absl::StatusOr<ReadPoint> result);

  FreshNode& node_;
  Request request_;
  bool ended_ = false;
  replication::Token waits_for_ = 0;
  ReadPoint seen_;
};

}  // namespace vigil

#endif  // VIGIL_FRESH_READ_H_
