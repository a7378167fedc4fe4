// Process: one node of a group, with its machine, its disk, and what runs on it.
//
//   MemoryDisk ── Engine ── DiskWorker        what outlives a process is the disk, the
//                   ├── Member ── WritePath   machine's clock, and the files of dropped
//                   └── Watcher               writes
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_PROCESS_H_
#define VIGIL_TESTS_SIMULATION_PROCESS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "engine/memory_storage.h"
#include "replication/configuration.h"
#include "tests/simulation/calls.h"
#include "tests/simulation/host.h"
#include "tests/simulation/member.h"
#include "tests/simulation/node_clock.h"
#include "tests/simulation/read_path.h"
#include "tests/simulation/watcher.h"
#include "tests/simulation/world.h"
#include "tests/simulation/write_path.h"

namespace vigil::simulation {

class Process final : public Host {
 public:
  // `members`: by machine, without identities. `dir`: for files of dropped writes.
  Process(World& world, Calls& calls, replication::Configuration members,
          int machine, std::string dir);
  ~Process() override;

  void Start();
  void Kill(const std::string& why) { Die(why); }
  // The machine goes: what it had not synced may be lost.
  void CutPower();
  // Somebody deletes the data directory. REQUIRES: dead.
  void Wipe();
  void Pause() { paused_ = true; }
  void Resume();
  void FailDisk(const absl::Status& error);
  // It fails no more. What has failed stays so until the next start.
  void MendDisk();
  bool disk_failed() const;
  void JumpClock(absl::Duration by) { clock_.JumpWall(by); }

  bool alive() const { return parts_ != nullptr; }
  bool wiped() const { return wiped_; }
  // How many processes it was.
  uint64_t starts() const { return starts_; }
  // REQUIRES: alive.
  Member& member() { return *parts_->member; }
  WritePath& writes() { return *parts_->writes; }
  ReadPath& reads() { return *parts_->reads; }
  engine::Engine& engine() { return *parts_->engine; }
  const NodeClock& clock() const { return clock_; }
  // Everything that its log and its data are is as the log of this position makes them.
  void CheckData();

  // --- Host
  const std::string& name() const override { return name_; }
  int machine() const override { return machine_; }
  bool paused() const override { return paused_; }
  void Die(const std::string& why) override;
  bool dead() const override { return !alive(); }
  void Post(absl::Duration delay, std::function<void()> run) override;
  void Observe() override;
  void OnRoleChanged() override;
  void OnProgress() override;
  void BeforeGateCloses() override;
  void OnDataReplaced() override;

  // Called for a writer at the last moment before the gate closes.
  std::function<void(Process&)> last_moment;

 private:
  // In the order in which they need each other.
  struct Parts {
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<DiskWorker> disk;
    std::unique_ptr<Member> member;
    std::unique_ptr<WritePath> writes;
    std::unique_ptr<ReadPath> reads;
    std::unique_ptr<Watcher> watcher;
  };
  replication::Options MemberOptions() const;
  sentinel::Options WatcherOptions();
  replication::MemberState OpenState();
  replication::DroppedOptions DroppedFilesOptions();
  void OnDropped(const replication::DroppedReport& report);

  World& world_;
  Calls& calls_;
  const replication::Configuration members_;
  const int machine_;
  const std::string name_;
  const std::string dir_;
  NodeClock clock_;
  std::shared_ptr<engine::MemoryDisk> disk_;
  uint64_t boots_ = 1;
  uint64_t starts_ = 0;
  bool wiped_ = false;

  bool paused_ = false;
  bool opening_ = false;
  std::deque<std::function<void()>> held_;  // while it is paused
  std::unique_ptr<Parts> parts_;
  // The log up to here is in the tree, and noted as held, and as synced.
  uint64_t learned_ = 0;
  uint64_t held_noted_ = 0;
  uint64_t synced_noted_ = 0;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_PROCESS_H_
