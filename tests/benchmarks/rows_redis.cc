// Rows against Redis over its unix socket, what an application would use instead.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/latency.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/peers/redis.h"
#include "tests/benchmarks/reads.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {
namespace {

constexpr char kLatency[] = "get_vs_redis_unix_median_latency";

// Median of Gets one by one, in nanoseconds.
template <typename Store>
double MedianGetNs(Store& store, const Keys& keys) {
  Latency latency;
  size_t bytes = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    const int64_t start = MonoNs();
    const std::optional<std::string> value = store.Get(keys[i]);
    latency.Add(MonoNs() - start);
    if (value) bytes += value->size();
  }
  MustHaveRead(bytes, keys.size());
  return latency.QuantileNs(0.5);
}

void FillRedis(Redis& redis, uint64_t keys) {
  constexpr size_t kBatch = 1000;
  const Keys each = Keys::Each(keys);
  const Values values;
  std::vector<std::string_view> batch;
  for (size_t i = 0; i < each.size();) {
    batch.clear();
    const size_t end = std::min(each.size(), i + kBatch);
    for (; i < end; ++i) batch.push_back(each[i]);
    redis.SetMany(batch, values[i]);
  }
}

void GetLatency(const Settings& settings, Report& report) {
  const TempDir dir(settings.dir);
  absl::StatusOr<std::unique_ptr<Redis>> redis = Redis::Start(dir.path(), {});
  if (!redis.ok()) {
    report.LeaveOut(kLatency, std::string(redis.status().message()));
    return;
  }
  const uint64_t count = settings.Choose(1'000'000, 100'000);
  const Keys keys = Keys::Uniform(count, settings.Choose(20'000, 5'000), 1);
  FillRedis(**redis, count);
  const std::unique_ptr<Node> node = OpenMaster(OneMember());
  Ours ours(*node);
  Fill(ours, count);
  const Medians ns = Alternate(
      settings.Choose(7, 1), [&] { return MedianGetNs(ours, keys); },
      [&] { return MedianGetNs(**redis, keys); });
  report.Add(kLatency, {.ours = ns.ours, .peer = ns.peer});
}

}  // namespace

std::vector<Measurement> RedisRows() {
  const RowSpec latency = {.name = kLatency,
                           .unit = "ns",
                           .what =
                               "Get, median of single calls, clock included; "
                               "peer: Redis over its unix socket",
                           .target = {Bound::kTimesLower, 50}};
  return {{.rows = {latency}, .measure = GetLatency}};
}

}  // namespace vigil::bench
