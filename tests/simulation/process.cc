#include "tests/simulation/process.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "replication/dropped_reader.h"
#include "replication/identity.h"

namespace vigil::simulation {
namespace {

constexpr char kMemberMeta[] = "member";
constexpr absl::Duration kApplicationThinks = absl::Milliseconds(5);

NodeClock ClockOf(World& world) {
  const auto offset = static_cast<int64_t>(world.random.Uniform(100'000));
  int64_t fast_ppm = 0;
  if (world.weather.wrong_clocks)
    fast_ppm = static_cast<int64_t>(world.random.Uniform(100'000)) - 50'000;
  return NodeClock(world.scheduler, offset, fast_ppm);
}

}  // namespace

Process::Process(World& world, Calls& calls, replication::Configuration members,
                 int machine, std::string dir)
    : world_(world),
      calls_(calls),
      members_(std::move(members)),
      machine_(machine),
      name_(members_.members[static_cast<size_t>(machine)].name),
      dir_(std::move(dir)),
      clock_(ClockOf(world)),
      disk_(std::make_shared<engine::MemoryDisk>(world.random.Next())) {}

Process::~Process() {
  life_.reset();
  disk_->Kill();
}

// --- Life

void Process::Start() {
  if (alive()) return;
  world_.trace.Say(name_, "starts");
  ++starts_;
  paused_ = false;
  held_.clear();
  life_ = std::make_shared<bool>(true);
  MendDisk();
  const Weather& weather = world_.weather;
  engine::EngineOptions options{.fsync = weather.fsync,
                                .shards = 1,
                                .background = false,
                                .log_memory_bytes = weather.log_memory_bytes,
                                .log_disk_bytes = weather.log_disk_bytes};
  if (weather.max_memory > 0) {
    // Accounts and counters stay, whoever is evicted.
    options.max_memory = weather.max_memory;
    options.eviction = engine::EvictionPolicy::kVolatileTtl;
  }
  auto parts = std::make_unique<Parts>();
  auto engine = engine::Engine::Open(
      options, std::make_unique<engine::MemoryStorage>(disk_), clock_, {});
  if (!engine.ok())
    return world_.checks.Fail(
        absl::StrCat(name_, " does not open: ", engine.status().ToString()));
  parts->engine = *std::move(engine);
  parts->disk =
      std::make_unique<DiskWorker>(world_, *this, *parts->engine, [this] {
        if (alive() && !opening_) parts_->member->OnLogMoved();
      });
  parts_ = std::move(parts);
  opening_ = true;
  replication::MemberState state = OpenState();
  world_.checks.OnStarted(state);
  parts_->member = std::make_unique<Member>(
      Member::Surroundings{
          world_, *this, *parts_->engine, *parts_->disk, clock_,
          [](const std::string& address) { return address[0] - 'a'; }},
      MemberOptions(), std::move(state), DroppedFilesOptions());
  parts_->writes = std::make_unique<WritePath>(
      *this, *parts_->engine, *parts_->member, *parts_->disk, clock_,
      weather.fsync == engine::FsyncPolicy::kAlways);
  parts_->reads = std::make_unique<ReadPath>(*parts_->engine, *parts_->member,
                                             *parts_->disk);
  parts_->watcher = std::make_unique<Watcher>(
      Watcher::Surroundings{
          world_, *this, calls_, *parts_->engine, *parts_->member, clock_,
          [](const std::string& address) { return address[0] - 'a'; }},
      WatcherOptions());
  opening_ = false;
  const Branch branch = member().branch();
  world_.checks.writes.OnRecovered(machine_, branch);
  learned_ = branch.last;
  held_noted_ = synced_noted_ = 0;
  CheckData();
  parts_->disk->Start();
  member().Start();
  parts_->watcher->Start();
}

replication::MemberState Process::OpenState() {
  engine::Engine& engine = *parts_->engine;
  const std::string boot = world_.weather.fsync == engine::FsyncPolicy::kAlways
                               ? "-"
                               : absl::StrCat("boot-", boots_);
  if (engine.ReadMeta(kMemberMeta).empty()) {
    // As OpenMemberState would, but with an identity that follows from the seed.
    replication::MemberState first{.group = "g",
                                   .name = name_,
                                   .id = NodeId{world_.random.Next() | 1},
                                   .configurations = members_,
                                   .boot = boot};
    replication::SaveMemberState(engine, first).IgnoreError();
  }
  auto state = replication::OpenMemberState(
      engine, {.group = "g", .name = name_, .members = members_, .boot = boot});
  if (!state.ok()) {
    world_.checks.Fail(absl::StrCat(name_, ": ", state.status().ToString()));
    return {};
  }
  return *std::move(state);
}

void Process::Die(const std::string& why) {
  if (!alive()) return;
  world_.Fault(why, name_);
  Observe();
  world_.checks.writes.OnCrash(machine_, member().branch());
  life_.reset();
  disk_->Kill();
  world_.streams.Died(member());
  calls_.Listen(machine_, nullptr);
  // It may be its own code that runs here.
  world_.scheduler.After({},
                         [gone = std::shared_ptr<Parts>(std::move(parts_))] {});
}

void Process::CutPower() {
  if (alive()) Die("power_cut");
  ++boots_;
  disk_->PowerCut(world_.random.Uniform(disk_->unsynced_writes() + 1));
}

void Process::Wipe() {
  world_.Fault("wipe", name_);
  wiped_ = true;
  world_.checks.OnWiped(machine_);
  world_.checks.writes.OnWiped(machine_);
  disk_ = std::make_shared<engine::MemoryDisk>(world_.random.Next());
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

void Process::Resume() {
  if (!paused_) return;
  paused_ = false;
  for (auto& run : std::exchange(held_, {}))
    world_.scheduler.After({}, std::move(run));
}

void Process::Post(absl::Duration delay, std::function<void()> run) {
  auto guarded = [life = std::weak_ptr<bool>(life_), run = std::move(run)] {
    if (life.lock()) run();
  };
  world_.scheduler.After(delay,
                         [this, life = std::weak_ptr<bool>(life_), guarded] {
                           if (!life.lock()) return;
                           if (paused_) {
                             held_.push_back(guarded);
                           } else {
                             guarded();
                           }
                         });
}

void Process::FailDisk(const absl::Status& error) {
  if (world_.random.Uniform(2) == 0) {
    disk_->FailWrites(error);
  } else {
    disk_->FailSyncs(error);
  }
}

void Process::MendDisk() {
  disk_->FailWrites(absl::OkStatus());
  disk_->FailSyncs(absl::OkStatus());
}

bool Process::disk_failed() const {
  return alive() && !parts_->engine->health().ok();
}

// --- Options, as vigil/node_impl.cc makes them

replication::Options Process::MemberOptions() const {
  const Weather& weather = world_.weather;
  replication::Options to;
  to.address = members_.members[static_cast<size_t>(machine_)].address;
  to.all_synced = weather.fsync == engine::FsyncPolicy::kAlways;
  to.isolation_timeout = weather.down_after / 2;
  to.heartbeat = std::clamp(to.isolation_timeout / 5, absl::Milliseconds(5),
                            absl::Milliseconds(100));
  to.link_timeout = std::max(weather.down_after, 10 * to.heartbeat);
  to.message_bytes = weather.message_bytes;
  return to;
}

sentinel::Options Process::WatcherOptions() {
  const replication::MemberView own = member().view();
  sentinel::Options to;
  to.group = "g";
  to.name = name_;
  to.id = own.id;
  to.members = own.configuration.members;
  to.quorum = own.configuration.size() / 2 + 1;
  to.down_after = world_.weather.down_after;
  to.failover_timeout = absl::Seconds(1);
  to.seed = world_.random.Next();
  return to;
}

// --- Dropped writes

replication::DroppedOptions Process::DroppedFilesOptions() {
  return {.dir = dir_,
          .listener = [this](const auto& report) { OnDropped(report); }};
}

void Process::OnDropped(const replication::DroppedReport& report) {
  replication::DroppedReader reader(report.source);
  const auto tail = reader.ReadHead();
  if (!tail.ok()) {
    return world_.checks.Fail(absl::StrCat("7: a report without its file: ",
                                           tail.status().ToString()));
  }
  for (uint64_t i = 0; i < tail->unread; ++i)
    world_.checks.writes.OnUnread(tail->history.PositionAt(tail->first + i));
  const Lineage lineage = member().core().state().lineage;
  for (;;) {
    const auto next = reader.Next();
    if (!next.ok() || !next->has_value()) {
      if (!next.ok()) world_.checks.Fail("7: " + next.status().ToString());
      break;
    }
    const Position at = tail->history.PositionAt((*next)->record.index);
    const std::string* bytes = world_.checks.tree.Find(lineage, at);
    if (bytes == nullptr || *bytes != (*next)->bytes)
      world_.checks.Fail("7: told as dropped what was never written");
    world_.checks.writes.OnDropped(at);
  }
  Post(kApplicationThinks, report.told);
}

// --- What the parts tell

void Process::OnRoleChanged() {
  if (!opening_) parts_->watcher->MemberChanged();
}

void Process::OnProgress() {
  if (opening_ || !alive()) return;
  Observe();
  parts_->writes->Advance();
}

void Process::BeforeGateCloses() {
  if (last_moment && world_.random.Uniform(2) == 0) last_moment(*this);
}

void Process::OnDataReplaced() {
  held_noted_ = synced_noted_ = 0;
  learned_ = engine().last_index();
  CheckData();
}

void Process::Observe() {
  const Branch branch = member().branch();
  // Whom the recorded members do not name, as one that was wiped, holds for nobody.
  const replication::ReplicationCore& core = member().core();
  const replication::Configuration& members = core.configuration();
  const bool counts =
      members.version == 0 || members.Find(core.state().id) != nullptr;
  for (const uint64_t held =
           counts ? std::min(engine().persisted_index(), branch.last) : 0;
       held_noted_ < held;) {
    world_.checks.OnHeld(machine_, branch.history.PositionAt(++held_noted_));
  }
  for (const uint64_t synced =
           counts ? std::min(engine().durable_index(), branch.last) : 0;
       synced_noted_ < synced;) {
    world_.checks.OnSynced(machine_,
                           branch.history.PositionAt(++synced_noted_));
  }
  if (branch.last <= learned_) return;
  if (std::string wrong =
          world_.checks.tree.Learn(engine(), branch, learned_ + 1);
      !wrong.empty()) {
    world_.checks.Fail(absl::StrCat("2: ", name_, ": ", wrong));
  }
  learned_ = branch.last;
}

void Process::CheckData() {
  const Branch branch = member().branch();
  if (branch.last == 0) return;
  if (std::string wrong =
          world_.checks.tree.Compare(engine(), branch, clock_.Wall());
      !wrong.empty()) {
    world_.checks.Fail(absl::StrCat(
        "2: ", name_, " at ", ToString(branch.history.PositionAt(branch.last)),
        ": ", wrong));
  }
}

}  // namespace vigil::simulation
