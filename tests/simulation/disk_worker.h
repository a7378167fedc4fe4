// DiskWorker: what the engine's threads do for its log and its keys (flusher, syncer,
// checkpointer, housekeeper), at virtual times, on a disk that may be slow.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_DISK_WORKER_H_
#define VIGIL_TESTS_SIMULATION_DISK_WORKER_H_

#include <cstdint>
#include <functional>

#include "engine/engine.h"
#include "tests/simulation/host.h"
#include "tests/simulation/world.h"

namespace vigil::simulation {

class DiskWorker {
 public:
  // `moved`: a watermark did, or the disk failed.
  DiskWorker(World& world, Host& host, engine::Engine& engine,
             std::function<void()> moved);

  void Start();
  void OnAppended();
  void Hurry() { Flush(absl::ZeroDuration()); }
  void RequestSync(uint64_t index);

  // How long a synced write takes now.
  absl::Duration Latency();

 private:
  void Flush(absl::Duration nap);
  void Sync();
  void Every(absl::Duration period, std::function<void()> work);

  World& world_;
  Host& host_;
  engine::Engine& engine_;
  const std::function<void()> moved_;
  bool flushing_ = false;
  bool syncing_ = false;
  uint64_t sync_asked_ = 0;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_DISK_WORKER_H_
