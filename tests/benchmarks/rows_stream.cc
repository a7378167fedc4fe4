// Rows about the stream from a master to two replicas: how much it carries, and how old
// is what a replica shows meanwhile.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/three_node_demo/free_port.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/isolated.h"
#include "tests/benchmarks/must.h"
#include "tests/benchmarks/peers/redis.h"
#include "tests/benchmarks/replicated.h"
#include "tests/benchmarks/replication_rows.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {
namespace {

constexpr char kAlone[] = "write_throughput_with_two_replicas_vs_alone";
constexpr char kLag[] = "replica_lag_p99";
constexpr char kRedis[] = "write_throughput_with_two_replicas_vs_redis";
constexpr char kRedisDisk[] =
    "write_throughput_with_two_replicas_on_disk_vs_redis_aof";

// A writer whose group is further behind waits, so that what is measured can be kept up.
constexpr int kUnreplicatedMib = 16;
constexpr int kReplicas = 2;

struct Load {
  Load(const Settings& settings)
      : keys(Keys::Uniform(1'000'000, 1'000'000, 1)),
        seconds(settings.Choose(5, 1)) {}
  const Keys keys;
  const Values values;
  const int seconds;
};

// Thousands a second: calls write(begin, end) for so many at a time, for so long, then
// settle(), which ends when every replica has all.
double Rate(const Load& load, size_t batch,
            absl::FunctionRef<void(size_t, size_t)> write,
            absl::FunctionRef<void()> settle) {
  const auto run = [&](double seconds) {
    const Stopwatch watch;
    size_t sets = 0;
    for (size_t i = 0; watch.seconds() < seconds; i += batch, sets += batch) {
      if (i + batch > load.keys.size()) i = 0;
      write(i, i + batch);
    }
    settle();
    return static_cast<double>(sets) / watch.seconds() / 1e3;
  };
  run(1);  // warms up: keys are there, the log in memory is full
  return run(load.seconds);
}

double OurRate(const Settings& settings, const Load& load, int replicas,
               bool on_disk) {
  return MeasureIsolated([&] {
    Replicated group(replicas, settings.dir, on_disk,
                     [](member::MemberOptions& options) {
                       options.unreplicated_mib = kUnreplicatedMib;
                     });
    return Rate(
        load, 100,
        [&](size_t begin, size_t end) {
          for (size_t i = begin; i < end; ++i)
            Must(group.master().Set(load.keys[i], load.values[i]).status());
        },
        [&] { group.AwaitLevel(); });
  });
}

// A master and its replicas, over TCP on the loopback device.
struct RedisGroup {
  TempDir dir;
  std::vector<std::unique_ptr<TempDir>> dirs;
  std::unique_ptr<Redis> master;
  std::vector<std::unique_ptr<Redis>> replicas;
};

absl::Status Start(RedisGroup& group, bool append_only) {
  const std::vector<int> ports = Must(demo::FreePorts(1 + kReplicas));
  for (size_t i = 0; i < ports.size(); ++i) {
    group.dirs.push_back(std::make_unique<TempDir>(group.dir.path()));
    std::vector<std::string> words = {"--port",
                                      absl::StrCat(ports[i]),
                                      "--dir",
                                      group.dirs.back()->path(),
                                      "--repl-diskless-sync-delay",
                                      "0"};
    if (append_only) {
      words.insert(words.end(),
                   {"--appendonly", "yes", "--appendfsync", "everysec"});
    }
    if (i > 0) {
      words.insert(words.end(),
                   {"--replicaof", absl::StrCat("127.0.0.1 ", ports[0])});
    }
    auto redis = Redis::Start(group.dirs.back()->path(), words);
    if (!redis.ok()) return redis.status();
    (i == 0 ? group.master : group.replicas.emplace_back()) = *std::move(redis);
  }
  for (const auto& replica : group.replicas) replica->AwaitLink();
  return absl::OkStatus();
}

double RedisRate(const Settings& settings, const Load& load, bool append_only) {
  return MeasureIsolated([&] {
    RedisGroup group{.dir = TempDir(settings.dir)};
    Must(Start(group, append_only));
    std::vector<std::string_view> batch;
    return Rate(
        load, 1000,
        [&](size_t begin, size_t end) {
          batch.clear();
          for (size_t i = begin; i < end; ++i) batch.push_back(load.keys[i]);
          group.master->SetMany(batch, load.values[begin]);
        },
        [&] {
          Must(group.master->Command({"WAIT", absl::StrCat(kReplicas),
                                      "60000"}) == absl::StrCat(kReplicas)
                   ? absl::OkStatus()
                   : absl::InternalError("Redis' replicas are behind"));
        });
  });
}

// The age that replicas show, of a key that is written now and then among others, which
// come at `k_per_second`: a millisecond's worth at a time. The worse replica's.
// kUnavailable: something else took the cores, and that rate was not kept.
absl::StatusOr<member::Age> AgeAt(const Settings& settings, const Load& load,
                                  double k_per_second) {
  constexpr char kClock[] = "clock";
  constexpr size_t kEvery = 64;
  Replicated group(kReplicas, settings.dir, /*on_disk=*/true);
  const auto per_ms = static_cast<size_t>(k_per_second);
  size_t next = 0;
  const auto write_for = [&](int seconds) {
    const int64_t start = MonoNs();
    for (int64_t ms = 0; ms < seconds * 1000; ++ms) {
      for (size_t i = 0; i < per_ms; ++i, ++next) {
        Must(next % kEvery == 0
                 ? group.master().Set(kClock, absl::StrCat(MonoNs())).status()
                 : group.master()
                       .Set(load.keys[next % load.keys.size()],
                            load.values[next])
                       .status());
      }
      const int64_t early = start + (ms + 1) * 1'000'000 - MonoNs();
      if (early > 0)
        std::this_thread::sleep_for(std::chrono::nanoseconds(early));
    }
    return static_cast<double>(MonoNs() - start) / 1e6 - seconds * 1000;
  };
  write_for(1);
  for (size_t i = 0; i < group.replicas(); ++i)
    group.replica(i).Send(member::WatchAge{kClock});
  const int seconds = settings.Choose(10, 1);
  const double late_ms = write_for(seconds);
  member::Age worst;
  for (size_t i = 0; i < group.replicas(); ++i) {
    group.replica(i).Send(member::TellAge{});
    const auto age = group.replica(i).Answer<member::Age>();
    if (age.p99_ns >= worst.p99_ns) worst = age;
  }
  if (late_ms > seconds * 50.0) {
    return absl::UnavailableError(
        absl::StrCat("the writer was late by ", late_ms, " ms"));
  }
  return worst;
}

void AgainstAlone(const Settings& settings, Report& report) {
  const Load load(settings);
  const Medians rates = Alternate(
      settings.Choose(3, 1),
      [&] { return OurRate(settings, load, kReplicas, /*on_disk=*/true); },
      [&] { return OurRate(settings, load, 0, /*on_disk=*/true); });
  report.Add(kAlone, {.ours = rates.ours, .peer = rates.peer});
  if (!report.Wanted(kLag)) return;
  const absl::StatusOr<member::Age> age = AgeAt(settings, load, rates.ours / 2);
  if (!age.ok())
    return report.LeaveOut(kLag, std::string(age.status().message()));
  report.Add(kLag, {.ours = age->p99_ns / 1e6,
                    .note = absl::StrFormat(
                        "at %.0f k Sets/s; p50 %.2f ms, longest %.1f ms, %d "
                        "looks",
                        rates.ours / 2, age->p50_ns / 1e6, age->max_ns / 1e6,
                        age->samples)});
}

void AgainstRedis(const Settings& settings, Report& report, const char* row,
                  bool on_disk) {
  const Load load(settings);
  {
    const TempDir dir(settings.dir);
    // Not here, which must have one thread; and only whether it can be.
    const absl::StatusOr<std::unique_ptr<Redis>> redis =
        Redis::Start(dir.path(), {});
    if (!redis.ok())
      return report.LeaveOut(row, std::string(redis.status().message()));
  }
  const Medians rates = Alternate(
      settings.Choose(3, 1),
      [&] { return OurRate(settings, load, kReplicas, on_disk); },
      [&] { return RedisRate(settings, load, on_disk); });
  report.Add(row, {.ours = rates.ours, .peer = rates.peer});
}

void InMemory(const Settings& settings, Report& report) {
  AgainstRedis(settings, report, kRedis, false);
}

void OnDisk(const Settings& settings, Report& report) {
  AgainstRedis(settings, report, kRedisDisk, true);
}

}  // namespace

std::vector<Measurement> StreamRows() {
  const RowSpec alone = {.name = kAlone,
                         .unit = "k Sets/s",
                         .what =
                             "Set kMemory, 100-byte values, until two replicas "
                             "have all; peer: the same node alone",
                         .target = {Bound::kRatioAtLeast, 0.4}};
  const RowSpec lag = {.name = kLag,
                       .unit = "ms",
                       .what =
                           "at half that rate: 99 % of the looks at a replica "
                           "saw what is no older",
                       .target = {Bound::kOursAtMost, 5}};
  const RowSpec redis = {
      .name = kRedis,
      .unit = "k Sets/s",
      .what =
          "likewise, nothing on disk; peer: Redis, pipelined, two replicas, "
          "nothing on disk",
      .target = {Bound::kRatioAtLeast, 1.5}};
  const RowSpec redis_disk = {
      .name = kRedisDisk,
      .unit = "k Sets/s",
      .what =
          "likewise, all on disk every second; peer: Redis, append-only "
          "files every second",
      .target = {Bound::kRatioAtLeast, 1.5}};
  return {{.rows = {alone, lag}, .measure = AgainstAlone},
          {.rows = {redis}, .measure = InMemory},
          {.rows = {redis_disk}, .measure = OnDisk}};
}

}  // namespace vigil::bench
