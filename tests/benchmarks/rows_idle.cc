// Rows about a node that has little to do: what a lone Set takes, and what doing
// nothing takes.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/latency.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/peers/sharded_map.h"
#include "tests/benchmarks/reads.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {
namespace {

constexpr char kLoneSet[] = "set_idle_node_p50";
constexpr char kIdleCpu[] = "idle_node_cpu";

uint64_t KeyCount(const Settings& s) { return s.Choose(1'000'000, 100'000); }

// Median of Sets that are 100 us apart, in nanoseconds. The thread spins in
// between: its own waking up is not what is measured.
template <typename Store>
double LoneSetNs(Store& store, const Keys& keys) {
  constexpr int64_t kPauseNs = 100'000;
  const Values values;
  Latency latency;
  for (size_t i = 0; i < keys.size(); ++i) {
    const int64_t start = MonoNs();
    store.Set(keys[i], values[i]);
    latency.Add(MonoNs() - start);
    while (MonoNs() < start + kPauseNs) {
    }
  }
  return latency.QuantileNs(0.5);
}

void LoneSet(const Settings& settings, Report& report) {
  const Keys keys =
      Keys::Uniform(KeyCount(settings), settings.Choose(10'000, 2'000), 1);
  const TempDir dir(settings.dir);
  const std::unique_ptr<Node> node = OpenMaster(OneMember(dir.path()));
  Ours ours(*node);
  ShardedMap map;
  Fill(ours, KeyCount(settings));
  Fill(map, KeyCount(settings));
  const Medians ns = Alternate(
      settings.Choose(5, 1), [&] { return LoneSetNs(ours, keys); },
      [&] { return LoneSetNs(map, keys); });
  report.Add(kLoneSet, {.ours = ns.ours, .peer = ns.peer});
}

void IdleCpu(const Settings& settings, Report& report) {
  const TempDir dir(settings.dir);
  Options options = OneMember(dir.path());
  options.checkpoint_period =
      absl::Seconds(1);  // so that the fill is over soon
  const std::unique_ptr<Node> node = OpenMaster(options);
  Ours ours(*node);
  Fill(ours, KeyCount(settings));
  std::this_thread::sleep_for(std::chrono::seconds(settings.Choose(15, 5)));
  const int64_t cpu = ProcessCpuNs();
  const Stopwatch watch;
  std::this_thread::sleep_for(std::chrono::seconds(settings.Choose(10, 3)));
  const auto used = static_cast<double>(ProcessCpuNs() - cpu);
  report.Add(kIdleCpu, {.ours = 100 * used / static_cast<double>(watch.ns())});
}

}  // namespace

std::vector<Measurement> IdleRows() {
  const RowSpec lone_set = {.name = kLoneSet,
                            .unit = "ns",
                            .what =
                                "Set kMemory with a directory, one every 100 "
                                "us, median; peer: the map",
                            .target = {}};
  const RowSpec idle_cpu = {.name = kIdleCpu,
                            .unit = "% of a core",
                            .what =
                                "all threads of a node with a directory and 1 "
                                "M keys that nobody uses",
                            .target = {}};
  return {{.rows = {lone_set}, .measure = LoneSet},
          {.rows = {idle_cpu}, .measure = IdleCpu}};
}

}  // namespace vigil::bench
