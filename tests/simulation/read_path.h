// ReadPath: the path of one read in one thread, as vigil/fresh_read.h has it: ask what
// its Freshness needs, read, and wait until what was seen is committed.
//
// Thread-compatible. A read of a process that dies is never answered.
#ifndef VIGIL_TESTS_SIMULATION_READ_PATH_H_
#define VIGIL_TESTS_SIMULATION_READ_PATH_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "tests/simulation/disk_worker.h"
#include "tests/simulation/member.h"
#include "vigil/freshness.h"

namespace vigil::simulation {

class ReadPath {
 public:
  // The record that is the last one of what was seen.
  using Done = std::function<void(absl::StatusOr<Position>)>;

  ReadPath(engine::Engine& engine, Member& member, DiskWorker& disk)
      : engine_(engine), member_(member), disk_(disk) {}

  // Calls read() when the node is as fresh as asked for, perhaps several times: the last
  // one counts. Of Freshness kLinearizable and kAtLeast.
  void Read(const Freshness& freshness, MonoTime deadline,
            std::function<void()> read, Done done);

 private:
  struct Request {
    MonoTime deadline;
    std::function<void()> read;
    Done done;
  };
  using Shared = std::shared_ptr<const Request>;

  void CatchUp(const Shared& request);
  void AwaitCommit(const Shared& request, const Epoch& epoch);

  engine::Engine& engine_;
  Member& member_;
  DiskWorker& disk_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_READ_PATH_H_
