// Rows about a replica that needs everything: how long that takes, and what it costs the
// master meanwhile.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/three_node_demo/free_port.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/isolated.h"
#include "tests/benchmarks/must.h"
#include "tests/benchmarks/own_time.h"
#include "tests/benchmarks/peers/redis.h"
#include "tests/benchmarks/replicated.h"
#include "tests/benchmarks/replication_rows.h"
#include "tests/benchmarks/resident_memory.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {
namespace {

constexpr char kTime[] = "full_sync_1m_1kib";
constexpr char kWorstSet[] = "full_sync_1m_1kib_worst_set";
constexpr char kMemory[] = "full_sync_extra_memory";

constexpr size_t kBytes = 1024;
// As short as options allow, so that a replica that was away needs everything.
constexpr int kLogDiskMib = 64;

void Fill(Node& node, uint64_t begin, uint64_t end) {
  const Values values(kBytes);
  char key[kKeyBytes];
  for (uint64_t i = begin; i < end; ++i) {
    WriteKey(i, key, sizeof(key));
    Must(node.Set({key, sizeof(key)}, values[i]).status());
  }
}

// A master that holds all keys, and one replica, which comes to need all of them.
class SyncedGroup {
 public:
  SyncedGroup(const Settings& settings, uint64_t keys)
      : keys_(keys),
        group_(1, settings.dir, /*on_disk=*/true,
               [](member::MemberOptions& options) {
                 options.log_disk_mib = kLogDiskMib;
                 // Else the log on disk is kept for the next one.
                 options.checkpoint_period = absl::Milliseconds(500);
               }) {
    replica().Kill();
    Fill(master(), 0, keys_);
  }

  Node& master() { return group_.master(); }
  MemberProcess& replica() { return group_.replica(0); }

  // Ends the replica, and writes more than the log holds.
  void LeaveBehind() {
    if (replica().runs()) {
      replica().Kill();
      Fill(master(), 0, std::min<uint64_t>(keys_, 3 * kLogDiskMib << 10));
    }
    const Stopwatch watch;
    while (master().status().log_disk_bytes > 2 * kLogDiskMib << 20) {
      if (watch.seconds() > 60)
        Must(absl::DeadlineExceededError("the log on disk is not cut"));
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    // And both sides begin at rest.
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }

  // Starts the replica; work() is called until it has everything. Seconds from its
  // start on, with that of its process.
  double Sync(absl::FunctionRef<void()> work) {
    replica().Restart();
    std::atomic<bool> synced{false};
    const Stopwatch watch;
    double seconds = 0;
    // This thread must be the one that the replica's process belongs to.
    std::thread worker([&] {
      while (!synced) work();
    });
    const member::Seen seen = replica().Await(
        "full sync",
        [](const member::Seen& s) { return s.full_syncs > 0 && s.follows(); },
        absl::Seconds(300));
    seconds = watch.seconds();
    synced = true;
    worker.join();
    if (seen.keys < keys_) Must(absl::InternalError("the replica lacks keys"));
    return seconds;
  }

 private:
  const uint64_t keys_;
  Replicated group_;
};

// Redis' best mode: nothing touches a disk, and the replica loads from the socket.
class SyncedRedis {
 public:
  static absl::StatusOr<std::unique_ptr<SyncedRedis>> Start(
      const std::string& parent, uint64_t keys) {
    std::unique_ptr<SyncedRedis> made(new SyncedRedis(parent));
    const std::vector<int> ports = Must(demo::FreePorts(2));
    made->port_ = ports[0];
    for (size_t i = 0; i < 2; ++i) {
      auto redis = Redis::Start(
          (i == 0 ? made->master_dir_ : made->replica_dir_).path(),
          {"--port", absl::StrCat(ports[i]), "--repl-diskless-sync", "yes",
           "--repl-diskless-sync-delay", "0", "--repl-diskless-load",
           "swapdb"});
      if (!redis.ok()) return redis.status();
      (i == 0 ? made->master_ : made->replica_) = *std::move(redis);
    }
    const Keys each = Keys::Each(keys);
    const Values values(kBytes);
    std::vector<std::string_view> batch;
    for (size_t i = 0; i < keys;) {
      batch.clear();
      for (size_t end = std::min<size_t>(keys, i + 500); i < end; ++i)
        batch.push_back(each[i]);
      made->master_->SetMany(batch, values[i]);
    }
    return made;
  }

  double Sync() {
    // What it had is not what a replica that was away takes: it begins empty.
    replica_->Command({"REPLICAOF", "NO", "ONE"});
    replica_->Command({"FLUSHALL"});
    const Stopwatch watch;
    replica_->Command({"REPLICAOF", "127.0.0.1", absl::StrCat(port_)});
    replica_->AwaitLink();
    return watch.seconds();
  }

 private:
  explicit SyncedRedis(const std::string& parent)
      : master_dir_(parent), replica_dir_(parent) {}

  const TempDir master_dir_;
  const TempDir replica_dir_;
  int port_ = 0;
  std::unique_ptr<Redis> master_;
  std::unique_ptr<Redis> replica_;
};

void Time(const Settings& settings, Report& report) {
  const uint64_t keys = settings.Choose(1'000'000, 100'000);
  const int rounds = settings.Choose(3, 1);
  SyncedGroup group(settings, keys);
  std::unique_ptr<SyncedRedis> redis;
  if (report.Wanted(kTime)) {
    auto started = SyncedRedis::Start(settings.dir, keys);
    if (started.ok()) {
      redis = *std::move(started);
    } else {
      report.LeaveOut(kTime, std::string(started.status().message()));
    }
  }
  const Values values(kBytes);
  std::vector<double> ours, peer, worst;
  std::string all;
  for (int round = 0; round < rounds; ++round) {
    group.LeaveBehind();
    int64_t worst_ns = 0;
    uint64_t next = 0;
    OwnTime time;
    char key[kKeyBytes];
    ours.push_back(group.Sync([&] {
      WriteKey(next * 7919 % keys, key, sizeof(key));
      time.Begin();
      Must(group.master().Set({key, sizeof(key)}, values[next++]).status());
      worst_ns = std::max(worst_ns, time.End());
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }));
    worst.push_back(static_cast<double>(worst_ns) / 1e6);
    if (redis != nullptr) peer.push_back(redis->Sync());
    absl::StrAppendFormat(&all, "%s%.2f s (%.2f ms)", round == 0 ? "" : ", ",
                          ours.back(), worst.back());
  }
  if (redis != nullptr) {
    report.Add(kTime,
               {.ours = Median(ours), .peer = Median(peer), .note = all});
  }
  report.Add(kWorstSet, {.ours = Median(worst), .note = all});
}

// Samples what this process holds, every so often.
class PeakMemory {
 public:
  PeakMemory() : thread_([this] { Run(); }) {}
  double StopMib() {
    stopped_ = true;
    thread_.join();
    return peak_ / (1 << 20);
  }

 private:
  void Run() {
    while (!stopped_) {
      peak_ = std::max(peak_, ResidentBytes());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  double peak_ = 0;
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

void ExtraMemory(const Settings& settings, Report& report) {
  const uint64_t keys = settings.Choose(500'000, 100'000);
  SyncedGroup group(settings, keys);
  group.LeaveBehind();
  const Values values;
  uint64_t next = 0;
  char key[kKeyBytes];
  // Small values on the same keys: the data do not grow.
  const auto write = [&] {
    WriteKey(next * 7919 % keys, key, sizeof(key));
    Must(group.master().Set({key, sizeof(key)}, values[next++]).status());
  };
  const auto write_for = [&](double seconds) {
    for (const Stopwatch watch; watch.seconds() < seconds;) write();
  };
  // Until what comes and goes under this load alone has been there: the log in memory,
  // and RocksDB's memtables.
  write_for(settings.Choose(10, 2));
  PeakMemory before;
  write_for(settings.Choose(10, 2));
  const double without = before.StopMib();
  PeakMemory during;
  const double seconds = group.Sync(write);
  const double with = during.StopMib();
  report.Add(kMemory,
             {.ours = std::max(0.0, with - without),
              .note = absl::StrFormat(
                  "%.0f MiB at most before, %.0f MiB during %.1f s of sync",
                  without, with, seconds)});
}

}  // namespace

std::vector<Measurement> FullSyncRows() {
  const RowSpec time = {
      .name = kTime,
      .unit = "s",
      .what =
          "full sync of 1 M values of 1 KiB, from the start of the "
          "replica's process; peer: Redis, diskless, swapdb, delay 0",
      .target = {Bound::kRatioAtMost, 0.3}};
  const RowSpec worst = {.name = kWorstSet,
                         .unit = "ms",
                         .what =
                             "the same: own time of the master's longest Set "
                             "meanwhile",
                         .target = {Bound::kOursAtMost, 5}};
  const RowSpec memory = {
      .name = kMemory,
      .unit = "MiB",
      .what =
          "growth of the master's resident memory in a full sync under "
          "full write load",
      .target = {Bound::kOursAtMost, 64}};
  return {{.rows = {time, worst}, .measure = Time},
          {.rows = {memory}, .measure = ExtraMemory}};
}

}  // namespace vigil::bench
