// WritePath: the path of one write in one thread, as vigil/writer.h has it: may it, do
// it, wait for its Ack. The decisions (Judge, AckQueue) are the real ones.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_WRITE_PATH_H_
#define VIGIL_TESTS_SIMULATION_WRITE_PATH_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/engine.h"
#include "tests/simulation/disk_worker.h"
#include "tests/simulation/host.h"
#include "tests/simulation/member.h"
#include "tests/simulation/node_clock.h"
#include "vigil/ack_queue.h"

namespace vigil::simulation {

class WritePath {
 public:
  WritePath(Host& host, engine::Engine& engine, Member& member,
            DiskWorker& disk, const NodeClock& clock, bool sync_all)
      : host_(host),
        engine_(engine),
        member_(member),
        disk_(disk),
        clock_(clock),
        sync_all_(sync_all) {}

  struct Applied {
    Epoch epoch;
    engine::MutationResult result;  // of the first mutation
    uint64_t index = 0;             // that is waited for
  };
  // One mutation, or a batch of them. `done` may be called before it returns.
  absl::StatusOr<Applied> Write(absl::Span<const engine::Mutation> mutations,
                                Ack ack, absl::Duration timeout,
                                std::function<void(const Applied&)> applied,
                                AckQueue::Done done);
  // Whose Ack is reached, or whose time is over.
  void Advance();

 private:
  absl::Status Check(Ack ack) const;
  AckProgress progress() const;

  Host& host_;
  engine::Engine& engine_;
  Member& member_;
  DiskWorker& disk_;
  const NodeClock& clock_;
  const bool sync_all_;
  AckQueue queue_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_WRITE_PATH_H_
