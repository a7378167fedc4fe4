// Rows about Set kept up for a minute, with the log on disk.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/latency.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/peers/sharded_map.h"
#include "tests/benchmarks/reads.h"
#include "tests/benchmarks/resident_memory.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {
namespace {

// The rows of one distribution of keys.
struct Names {
  const char* vs_map;
  const char* rate;
  const char* memory;
  const char* tail;
};

const Names kUniform = {
    "set_memory_everysec_60s_vs_map", "set_memory_everysec_60s_rate",
    "set_memory_everysec_60s_memory_bounded", "set_memory_everysec_60s_p99.9"};
const Names kZipfian = {"set_memory_everysec_zipf_60s_vs_map",
                        "set_memory_everysec_zipf_60s_rate",
                        "set_memory_everysec_zipf_60s_memory_bounded",
                        "set_memory_everysec_zipf_60s_p99.9"};

struct Sustained {
  Latency latency;
  double ns_per_set = 0;
  double growth_bytes = 0;  // from the end of the warm-up to the highest
};

// Sets without pause for `seconds`. Each Set is timed; memory is looked at once
// a second, which counts for nobody.
template <typename Store>
Sustained Sustain(Store& store, const Keys& keys, int seconds,
                  int warm_up_seconds) {
  constexpr int64_t kSecond = 1'000'000'000;
  const Values values;
  Sustained result;
  double settled = 0;
  double highest = 0;
  int64_t looked_ns = 0;
  const int64_t start = MonoNs();
  int64_t last = start;
  for (int second = 1; second <= seconds; ++second) {
    const int64_t end = start + second * kSecond;
    size_t i = result.latency.count() % keys.size();
    while (last < end) {
      store.Set(keys[i], values[i]);
      if (++i == keys.size()) i = 0;
      const int64_t now = MonoNs();
      result.latency.Add(now - last);
      last = now;
    }
    const double resident = ResidentBytes();
    if (second == warm_up_seconds) settled = resident;
    if (second >= warm_up_seconds) highest = std::max(highest, resident);
    const int64_t now = MonoNs();
    looked_ns += now - last;
    last = now;
  }
  result.ns_per_set = static_cast<double>(last - start - looked_ns) /
                      static_cast<double>(result.latency.count());
  result.growth_bytes = highest - settled;
  return result;
}

void Measure(const Settings& settings, Report& report, const Keys& keys,
             uint64_t key_count, const Names& rows) {
  const int seconds = settings.Choose(60, 6);
  const int warm_up = settings.Choose(10, 2);
  ShardedMap map;
  Fill(map, key_count);
  std::vector<double> peer_ns;
  const auto measure_peer = [&] {
    for (int i = 0; i < settings.Choose(4, 2); ++i) {
      peer_ns.push_back(Sustain(map, keys, 2, 1).ns_per_set);
    }
  };

  // A minute does not alternate: the peer gets its rounds before and after.
  measure_peer();
  Sustained sustained;
  {
    const TempDir dir(settings.dir);
    const std::unique_ptr<Node> node = OpenMaster(OneMember(dir.path()));
    Ours ours(*node);
    Fill(ours, key_count);
    sustained = Sustain(ours, keys, seconds, warm_up);
  }
  measure_peer();

  const Latency& latency = sustained.latency;
  report.Add(rows.vs_map,
             {.ours = sustained.ns_per_set, .peer = Median(peer_ns)});
  report.Add(rows.rate, {.ours = 1e6 / sustained.ns_per_set});
  report.Add(rows.memory, {.ours = sustained.growth_bytes / (1 << 20)});
  report.Add(rows.tail,
             {.ours = latency.QuantileNs(0.999) / 1e3,
              .note = absl::StrFormat(
                  "p50 %.2f us, p99 %.2f us, p99.99 %.0f us, longest %.0f us",
                  latency.QuantileNs(0.5) / 1e3, latency.QuantileNs(0.99) / 1e3,
                  latency.QuantileNs(0.9999) / 1e3, latency.max_ns() / 1e3)});
}

// Longer than any cache, so that going round again is no pattern.
constexpr size_t kSequence = 4'000'000;

void Uniform(const Settings& settings, Report& report) {
  const uint64_t keys = settings.Choose(1'000'000, 100'000);
  Measure(settings, report, Keys::Uniform(keys, kSequence, 1), keys, kUniform);
}

void Zipfian(const Settings& settings, Report& report) {
  const uint64_t keys = settings.Choose(1'000'000, 100'000);
  Measure(settings, report, Keys::Zipfian(keys, 0.99, kSequence, 1), keys,
          kZipfian);
}

// What may come and go while data does not grow: the log in memory, and two
// memtables of RocksDB, 64 MiB each.
constexpr double kGrowthMib = 192;

// The rows differ in name and in two targets: how a rate looks beside the map's
// depends on how much of the map fits into the cache.
Measurement Of(const Names& rows, const std::string& distribution,
               Target vs_map, double rate_min,
               void (*measure)(const Settings&, Report&)) {
  const RowSpec against_map = {
      .name = rows.vs_map,
      .unit = "ns/Set",
      .what = "Set kMemory, synced every second, 60 s, " + distribution +
              "; peer: the map alone",
      .target = vs_map};
  const RowSpec rate = {.name = rows.rate,
                        .unit = "k Sets/s",
                        .what = "the same",
                        .target = {Bound::kOursAtLeast, rate_min}};
  const RowSpec memory = {
      .name = rows.memory,
      .unit = "MiB",
      .what = "the same: growth of resident memory after the first 10 s",
      .target = {Bound::kOursAtMost, kGrowthMib}};
  const RowSpec tail = {
      .name = rows.tail,
      .unit = "us",
      .what = "the same: 99.9 % of the Sets took no longer, by the wall clock",
      .target = {Bound::kOursAtMost, 1000}};
  return {.rows = {against_map, rate, memory, tail}, .measure = measure};
}

}  // namespace

std::vector<Measurement> SetRows() {
  return {Of(kUniform, "uniform", {Bound::kRatioAtMost, 2}, 500, Uniform),
          Of(kZipfian, "Zipf 0.99", {}, 1000, Zipfian)};
}

}  // namespace vigil::bench
