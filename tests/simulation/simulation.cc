#include "tests/simulation/simulation.h"

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace vigil::simulation {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kSafety = absl::Seconds(8);
// Elections, back-offs, full syncs and a disk's last slow write: far below this.
constexpr absl::Duration kHealing = absl::Seconds(30);
constexpr absl::Duration kLook = absl::Milliseconds(100);

std::string Folder(uint64_t seed) {
  return absl::StrCat(fs::temp_directory_path().string(), "/vigil-simulation-",
                      getpid(), "-", seed);
}

}  // namespace

Simulation::Simulation(uint64_t seed, const Options& options)
    : world_(seed, options.weather, options.trace), dir_(Folder(seed)) {
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
  // A run that ends in the moment of a death still has the dead.
  world_.scheduler.Clear();
  processes_.clear();
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

Outcome Simulation::Run() {
  for (const auto& process : processes_) process->Start();
  clients_.Start(3);
  subscribers_.Start(4);
  PlanMisfortune();
  RunFor(kSafety + world_.random.Between({}, absl::Seconds(4)));
  if (!Violated()) Heal();
  if (!Violated() && !waits_) CheckAtEnd();
  Outcome outcome{
      .violation = world_.checks.violation(),
      .waits_for_operator = waits_,
      .operations = world_.checks.operations.size() + world_.checks.reads,
      .reads = world_.checks.reads,
      .changes = subscribers_.told(),
      .promotions = world_.checks.promotions,
      .dropped = world_.checks.writes.dropped(),
      .full_syncs = world_.full_syncs,
      .rewinds = world_.rewinds,
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

// Masters have more of it: they are what everything turns on.
Process& Simulation::Any() {
  Process* const master = Master();
  if (master != nullptr && world_.random.Uniform(4) == 0) return *master;
  return *processes_[world_.random.Uniform(processes_.size())];
}

Process* Simulation::Master() {
  Process* master = nullptr;
  for (const auto& process : processes_) {
    if (process->alive() && process->member().core().is_master() &&
        (master == nullptr || process->member().core().master_epoch() >
                                  master->member().core().master_epoch())) {
      master = process.get();
    }
  }
  return master;
}

void Simulation::PlanMisfortune() {
  absl::Duration pause =
      world_.random.Between(absl::Milliseconds(40), absl::Milliseconds(300));
  if (storm_ > 0) {
    --storm_;
    pause =
        world_.random.Between(absl::Milliseconds(1), absl::Milliseconds(40));
  } else if (world_.weather.storms && world_.random.Uniform(6) == 0) {
    storm_ = static_cast<int>(2 + world_.random.Uniform(8));
  }
  world_.scheduler.After(pause, [this] {
    if (world_.calm) return;
    Misfortune();
    PlanMisfortune();
  });
}

// Only of the kinds that the weather has, so that each run is full of them.
void Simulation::Misfortune() {
  const Weather& weather = world_.weather;
  Process& process = Any();
  if (process.alive() && !process.paused())
    world_.checks.Fail(WholeBatches::Check(process.engine()));
  std::vector<std::function<void()>> kinds = {
      [&] { Recover(process); },
      [&] { Recover(process); },
      [&] { Recover(process); },
      [&] { world_.network.Mend(); },
  };
  const auto may = [&](bool has, std::function<void()> what) {
    if (has) kinds.push_back(std::move(what));
  };
  may(weather.kills, [&] { Stop(process, /*power=*/false); });
  may(weather.power_cuts, [&] { Stop(process, /*power=*/true); });
  may(weather.power_cuts &&
          (weather.power_cut_everywhere || world_.random.Uniform(4) == 0),
      [&] { CutPowerOfMany(); });
  may(weather.pauses, [&] { Pause(process); });
  may(weather.partitions || weather.one_way_cuts, [&] { Partition(); });
  may(weather.partitions || weather.one_way_cuts, [&] { Partition(); });
  may(weather.broken_streams, [&] {
    if (world_.streams.BreakOne()) world_.Fault("broken_stream", "*");
  });
  may(weather.wrong_clocks, [&] {
    world_.Fault("clock_jump", process.name());
    process.JumpClock(
        world_.random.Between(-absl::Seconds(5), absl::Seconds(5)));
  });
  may(weather.failing_disks && process.alive(), [&] { FailDisk(process); });
  may(weather.bursts, [&] {
    world_.Fault("burst", "*");
    clients_.Burst(100);
  });
  kinds[world_.random.Uniform(kinds.size())]();
}

// Who is away comes back, sooner or later.
void Simulation::Recover(Process& process) {
  if (!process.alive()) process.Start();
  if (process.disk_failed()) Stop(process, /*power=*/false);
}

void Simulation::Pause(Process& process) {
  if (!process.alive() || process.paused()) return;
  world_.Fault("pause", process.name());
  process.Pause();
  world_.scheduler.After(
      world_.random.Between(absl::Milliseconds(50), absl::Milliseconds(2500)),
      [&process] { process.Resume(); });
}

void Simulation::FailDisk(Process& process) {
  const bool full = world_.random.Uniform(2) == 0;
  world_.Fault(full ? "full_disk" : "failing_disk", process.name());
  process.FailDisk(full ? absl::ResourceExhaustedError("full")
                        : absl::InternalError("input/output error"));
}

// Of all of them, or of a part that may be a quorum or not.
void Simulation::CutPowerOfMany() {
  const bool all = world_.random.Uniform(2) == 0;
  for (const auto& each : processes_) {
    if (!all && world_.random.Uniform(3) == 0) continue;
    Stop(*each, /*power=*/true);
    if (!world_.weather.power_cut_everywhere) continue;
    world_.scheduler.After(world_.random.Between({}, absl::Milliseconds(300)),
                           [process = each.get()] { process->Start(); });
  }
}

void Simulation::Partition() {
  const bool one_way =
      world_.weather.one_way_cuts &&
      (!world_.weather.partitions || world_.random.Uniform(2) == 0);
  if (world_.random.Uniform(2) == 0) return CutOff(Any().machine(), one_way);
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

// One machine from all others; one way only: nobody hears it, or it hears nobody.
void Simulation::CutOff(int machine, bool one_way) {
  world_.Fault(one_way ? "one_way_cut_off" : "cut_off",
               processes_[static_cast<size_t>(machine)]->name());
  const bool mute = !one_way || world_.random.Uniform(3) > 0;
  const bool deaf = !one_way || !mute;
  for (int other = 0; other < world_.weather.members; ++other) {
    if (other == machine) continue;
    if (mute) world_.network.Cut(machine, other);
    if (deaf) world_.network.Cut(other, machine);
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
  for (const auto& process : processes_) process->MendDisk();
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
    subscribers_.CheckAtEnd(process->member().branch());
    return world_.checks.CheckAtEnd(process->member().branch());
  }
  world_.checks.Fail("5: the master that had settled is gone");
}

}  // namespace vigil::simulation
