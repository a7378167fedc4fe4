#include "tests/simulation/simulation.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil::simulation {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kSafety = absl::Seconds(6);
// Elections, back-offs, full syncs and a disk's last slow write: far below this.
constexpr absl::Duration kHealing = absl::Seconds(30);
constexpr absl::Duration kLook = absl::Milliseconds(100);

std::string Folder(uint64_t seed) {
  return absl::StrCat(fs::temp_directory_path().string(), "/vigil-simulation-",
                      getpid(), "-", seed);
}

}  // namespace

Simulation::Simulation(uint64_t seed, std::FILE* trace)
    : world_(seed, trace), dir_(Folder(seed)) {
  fs::create_directory(dir_);
  replication::Configuration members;
  for (int i = 0; i < world_.weather.members; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    members.members.push_back({name, name, {}});
  }
  for (int i = 0; i < world_.weather.members; ++i) {
    processes_.push_back(std::make_unique<Process>(
        world_, calls_, members, i,
        absl::StrCat(dir_, "/", members.members[static_cast<size_t>(i)].name)));
    processes_.back()->last_moment = [this](Process& process) {
      clients_.WriteTo(process);
    };
  }
}

Simulation::~Simulation() {
  processes_.clear();
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

Outcome Simulation::Run() {
  for (const auto& process : processes_) process->Start();
  clients_.Start(3);
  PlanMisfortune();
  RunFor(kSafety + world_.random.Between({}, absl::Seconds(4)));
  if (!Violated()) Heal();
  if (!Violated() && !waits_) CheckAtEnd();
  Outcome outcome{.violation = world_.checks.violation(),
                  .waits_for_operator = waits_,
                  .operations = world_.checks.operations.size(),
                  .promotions = world_.checks.promotions,
                  .dropped = world_.checks.writes.dropped(),
                  .faults = world_.faults,
                  .digest = world_.trace.digest()};
  for (const Operation& op : world_.checks.operations)
    outcome.acknowledged += op.acked ? 1 : 0;
  return outcome;
}

void Simulation::RunFor(absl::Duration d) {
  world_.scheduler.RunUntil(world_.scheduler.now() + d,
                            [this] { return Violated(); });
}

// --- What goes wrong

Process& Simulation::Any() {
  return *processes_[world_.random.Uniform(processes_.size())];
}

void Simulation::PlanMisfortune() {
  world_.scheduler.After(
      world_.random.Between(absl::Milliseconds(50), absl::Milliseconds(400)),
      [this] {
        if (world_.calm) return;
        Misfortune();
        PlanMisfortune();
      });
}

void Simulation::Misfortune() {
  const Weather& weather = world_.weather;
  Process& process = Any();
  if (process.alive() && !process.paused())
    world_.checks.Fail(WholeBatches::Check(process.engine()));
  switch (world_.random.Uniform(14)) {
    case 0:
      if (weather.kills) Stop(process, /*power=*/false);
      return;
    case 1:
      if (weather.power_cuts) Stop(process, /*power=*/true);
      return;
    case 2:
      if (weather.pauses && process.alive() && !process.paused()) {
        world_.Fault("pause", process.name());
        process.Pause();
        world_.scheduler.After(world_.random.Between(absl::Milliseconds(50),
                                                     absl::Milliseconds(2500)),
                               [&process] { process.Resume(); });
      }
      return;
    case 3:
    case 4:
      if (weather.partitions || weather.one_way_cuts) Partition();
      return;
    case 5:
      world_.network.Mend();
      return;
    case 6:
      if (weather.broken_streams && world_.streams.BreakOne())
        world_.Fault("broken_stream", "*");
      return;
    case 7:
      if (weather.wrong_clocks) {
        world_.Fault("clock_jump", process.name());
        process.JumpClock(
            world_.random.Between(-absl::Seconds(5), absl::Seconds(5)));
      }
      return;
    case 8:
      if (weather.failing_disks && process.alive()) {
        const bool full = world_.random.Uniform(2) == 0;
        world_.Fault(full ? "full_disk" : "failing_disk", process.name());
        process.FailDisk(full ? absl::ResourceExhaustedError("full")
                              : absl::InternalError("input/output error"));
      }
      return;
    case 9:
      if (weather.bursts) {
        world_.Fault("burst", "*");
        clients_.Burst(100);
      }
      return;
    case 10:
      if (weather.power_cuts && world_.random.Uniform(4) == 0) {
        for (const auto& each : processes_) Stop(*each, /*power=*/true);
      }
      return;
    default:
      // Who is away comes back, sooner or later.
      if (!process.alive()) process.Start();
      if (process.disk_failed()) Stop(process, /*power=*/false);
      return;
  }
}

void Simulation::Partition() {
  const bool one_way =
      world_.weather.one_way_cuts &&
      (!world_.weather.partitions || world_.random.Uniform(2) == 0);
  world_.Fault(one_way ? "one_way_cut" : "partition", "*");
  const int n = world_.weather.members;
  // The bits say who is on which side; any shape may come.
  const uint64_t sides = world_.random.Next();
  for (int from = 0; from < n; ++from) {
    for (int to = 0; to < n; ++to) {
      if (one_way ? world_.random.Uniform(4) == 0
                  : ((sides >> from) & 1) != ((sides >> to) & 1)) {
        if (from != to) world_.network.Cut(from, to);
      }
    }
  }
}

void Simulation::Stop(Process& process, bool power) {
  if (power) {
    process.CutPower();
  } else {
    process.Kill("kill");
  }
  if (!world_.weather.wipes || process.wiped() || world_.random.Uniform(3) != 0)
    return;
  const int n = world_.weather.members;
  int wiped = 0;
  for (const auto& each : processes_) wiped += each->wiped() ? 1 : 0;
  if (wiped < n - (n / 2 + 1)) process.Wipe();
}

// --- And is mended again

void Simulation::Heal() {
  world_.trace.Say("*", "healing begins");
  world_.calm = true;
  world_.network.Mend();
  world_.network.Calm();
  clients_.Stop();
  const MonoTime end = world_.scheduler.now() + kHealing;
  while (world_.scheduler.now() < end && !Violated()) {
    for (const auto& process : processes_) {
      if (process->disk_failed()) process->Kill("restart");
      if (!process->alive()) process->Start();
      process->Resume();
    }
    RunFor(kLook);
    if (!Violated() && IsLevel()) return;
  }
  if (Violated()) return;
  waits_ = WaitsForOperator();
  if (!waits_)
    world_.checks.Fail("5: no settled master, or not all replicas level");
}

bool Simulation::IsLevel() {
  Process* master = nullptr;
  for (const auto& process : processes_) {
    if (!process->alive()) return false;
    if (process->member().core().is_settled_master()) {
      if (master != nullptr) return false;
      master = process.get();
    }
  }
  if (master == nullptr) return false;
  const Branch want = master->member().branch();
  for (const auto& process : processes_) {
    if (process->wiped()) continue;
    const Branch have = process->member().branch();
    const auto& core = process->member().core();
    if (have.last != want.last || !(have.history == want.history) ||
        !core.state().formed ||
        (process.get() != master && !core.follower().linked())) {
      return false;
    }
  }
  return true;
}

bool Simulation::WaitsForOperator() {
  const int n = world_.weather.members;
  int formed = 0;
  int wiped = 0;
  for (const auto& process : processes_) {
    if (!process->alive()) return false;
    if (process->member().commit_point().epoch) return false;
    if (process->wiped()) {
      ++wiped;
    } else if (process->member().core().state().formed) {
      ++formed;
    }
  }
  const int fence_quorum = n - (n / 2 + 1) + 1;
  if (formed >= fence_quorum) return false;
  if (wiped > 0) return true;
  // The greatest position is on a member that may not be promoted, because a formed one
  // exists; nobody copies its tail yet.
  Position of_formed;
  Position of_others;
  for (const auto& process : processes_) {
    const Branch branch = process->member().branch();
    const Position at = branch.history.PositionAt(branch.last);
    Position& of =
        process->member().core().state().formed ? of_formed : of_others;
    of = std::max(of, at);
  }
  return formed > 0 && of_others > of_formed;
}

void Simulation::CheckAtEnd() {
  for (const auto& process : processes_) {
    // What was dropped is settled and told by now, or never is.
    process->CheckData();
    world_.checks.Fail(WholeBatches::Check(process->engine()));
  }
  RunFor(absl::Seconds(1));
  for (const auto& process : processes_) {
    if (!process->alive() || !process->member().core().is_settled_master())
      continue;
    return world_.checks.CheckAtEnd(process->member().branch());
  }
  world_.checks.Fail("5: the master that had settled is gone");
}

}  // namespace vigil::simulation
