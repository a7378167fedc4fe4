#include "tests/simulation/disk_worker.h"

#include <algorithm>
#include <utility>

namespace vigil::simulation {
namespace {

// As engine/flusher.cc.
constexpr absl::Duration kNap = absl::Milliseconds(1);
constexpr absl::Duration kHousekeeping = absl::Milliseconds(100);

}  // namespace

DiskWorker::DiskWorker(World& world, Host& host, engine::Engine& engine,
                       std::function<void()> moved)
    : world_(world), host_(host), engine_(engine), moved_(std::move(moved)) {}

void DiskWorker::Start() {
  const Weather& weather = world_.weather;
  if (weather.fsync == engine::FsyncPolicy::kEverySecond)
    Every(absl::Seconds(1), [this] { RequestSync(engine_.last_index()); });
  Every(weather.checkpoint_period, [this] {
    if (!engine_.Checkpoint().ok()) moved_();
  });
  Every(kHousekeeping, [this] {
    if (engine_.DeleteExpired() > 0) OnAppended();
  });
}

void DiskWorker::Every(absl::Duration period, std::function<void()> work) {
  host_.Post(period, [this, period, work = std::move(work)] {
    work();
    Every(period, work);
  });
}

absl::Duration DiskWorker::Latency() {
  const absl::Duration quick =
      world_.random.Between(absl::Microseconds(20), absl::Microseconds(2000));
  if (!world_.weather.slow_disks || !world_.Bad(10)) return quick;
  world_.Fault("slow_disk", host_.name());
  return world_.random.Between(absl::Milliseconds(20),
                               absl::Milliseconds(1500));
}

void DiskWorker::OnAppended() {
  moved_();
  Flush(kNap);
}

void DiskWorker::Flush(absl::Duration nap) {
  if (flushing_) return;
  flushing_ = true;
  const absl::Duration slow =
      world_.weather.slow_disks ? Latency() : absl::Microseconds(50);
  host_.Post(nap + slow, [this] {
    flushing_ = false;
    engine_.Persist().IgnoreError();  // health() has it
    if (world_.weather.fsync == engine::FsyncPolicy::kAlways)
      RequestSync(engine_.persisted_index());
    moved_();
  });
}

void DiskWorker::RequestSync(uint64_t index) {
  engine_.RequestSync(index);
  sync_asked_ = std::max(sync_asked_, index);
  Sync();
}

void DiskWorker::Sync() {
  if (syncing_ || sync_asked_ <= engine_.durable_index()) return;
  syncing_ = true;
  host_.Post(Latency(), [this] {
    syncing_ = false;
    const bool done = engine_.Sync().ok();
    moved_();
    if (done && engine_.last_index() >= sync_asked_) Sync();
  });
}

}  // namespace vigil::simulation
