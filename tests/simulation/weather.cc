#include "tests/simulation/weather.h"

#include <cstdlib>
#include <utility>

namespace vigil::simulation {
namespace {

constexpr size_t kSmallLogMemory = 8 << 10;
constexpr uint64_t kSmallLogDisk = 4 << 10;
constexpr size_t kTinyLogMemory = 2 << 10;
constexpr uint64_t kTinyLogDisk = 1 << 10;
constexpr size_t kSmallMessage = 256;
constexpr size_t kLittleMemory = 12 << 10;
// Of the questions and answers between sentinels: failovers that nothing calls for, while
// the streams are whole.
constexpr uint64_t kMuchLoss = 20;
constexpr absl::Duration kSlowNetwork = absl::Milliseconds(20);

}  // namespace

Weather Weather::Draw(Random& random) {
  const auto one_in = [&](uint64_t n) { return random.Uniform(n) == 0; };
  Weather weather;
  constexpr int kMembers[] = {3, 3, 3, 3, 5, 2, 4};
  weather.members = kMembers[random.Uniform(7)];
  constexpr engine::FsyncPolicy kPolicies[] = {
      engine::FsyncPolicy::kEverySecond, engine::FsyncPolicy::kNever,
      engine::FsyncPolicy::kAlways};
  weather.fsync = kPolicies[random.Uniform(3)];
  weather.down_after =
      random.Between(absl::Milliseconds(100), absl::Milliseconds(500));
  if (one_in(2)) weather.log_memory_bytes = kSmallLogMemory;
  if (one_in(2)) weather.log_disk_bytes = kSmallLogDisk;
  if (one_in(3)) weather.MakeSureOf("tiny_logs");
  if (one_in(3)) weather.message_bytes = kSmallMessage;
  if (one_in(4)) weather.max_memory = kLittleMemory;
  weather.checkpoint_period =
      random.Between(absl::Milliseconds(100), absl::Seconds(3));
  if (one_in(2)) weather.loss = random.Uniform(15);
  if (one_in(2)) weather.duplicates = random.Uniform(20);
  if (one_in(6)) weather.loss = kMuchLoss + random.Uniform(30);
  if (one_in(3)) weather.delay_max = kSlowNetwork;
  weather.partitions = one_in(2);
  weather.one_way_cuts = one_in(3);
  weather.broken_streams = one_in(2);
  weather.kills = one_in(2);
  weather.power_cuts = one_in(2);
  weather.power_cut_everywhere = weather.power_cuts && one_in(3);
  weather.wipes = one_in(8);
  weather.pauses = one_in(2);
  if (one_in(2)) weather.crash_one_in = 300 + random.Uniform(3000);
  weather.crash_in_syncs = one_in(4);
  weather.wrong_clocks = one_in(3);
  weather.slow_disks = one_in(3);
  weather.failing_disks = one_in(4);
  weather.bursts = one_in(3);
  weather.storms = one_in(3);
  return weather;
}

bool Weather::MakeSureOf(std::string_view kind) {
  constexpr std::pair<std::string_view, bool Weather::*> kKinds[] = {
      {"partitions", &Weather::partitions},
      {"one_way_cuts", &Weather::one_way_cuts},
      {"broken_streams", &Weather::broken_streams},
      {"kills", &Weather::kills},
      {"power_cuts", &Weather::power_cuts},
      {"power_cut_everywhere", &Weather::power_cut_everywhere},
      {"wipes", &Weather::wipes},
      {"pauses", &Weather::pauses},
      {"crash_in_syncs", &Weather::crash_in_syncs},
      {"wrong_clocks", &Weather::wrong_clocks},
      {"slow_disks", &Weather::slow_disks},
      {"failing_disks", &Weather::failing_disks},
      {"bursts", &Weather::bursts},
      {"storms", &Weather::storms},
  };
  for (const auto& [name, member] : kKinds) {
    if (name != kind) continue;
    this->*member = true;
    return true;
  }
  if (kind == "small_messages") {
    message_bytes = kSmallMessage;
  } else if (kind == "small_logs") {
    log_memory_bytes = kSmallLogMemory;
    log_disk_bytes = kSmallLogDisk;
  } else if (kind == "tiny_logs") {
    log_memory_bytes = kTinyLogMemory;
    log_disk_bytes = kTinyLogDisk;
  } else if (kind == "little_memory") {
    max_memory = kLittleMemory;
  } else if (kind == "few_members") {
    members = members > 3 ? 3 : members;
  } else if (kind == "much_loss") {
    loss = kMuchLoss + loss;
  } else if (kind == "slow_network") {
    delay_max = kSlowNetwork;
  } else if (kind == "no_fsync") {
    fsync = engine::FsyncPolicy::kNever;
  } else {
    return false;
  }
  return true;
}

Weather Weather::Draw(Random& random, const std::vector<std::string>& kinds) {
  Weather weather = Draw(random);
  for (const std::string& kind : kinds) {
    if (!weather.MakeSureOf(kind)) std::abort();  // bugs.txt has a wrong word
  }
  return weather;
}

}  // namespace vigil::simulation
