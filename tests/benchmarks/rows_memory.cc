// Rows about memory: bytes a key beside what was given, and what growing costs
// the one call that it hits.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/isolated.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/peers/sharded_map.h"
#include "tests/benchmarks/resident_memory.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {
namespace {

constexpr char kGrowth[] = "growth_worst_case";
constexpr char kGrowthOnDisk[] = "growth_worst_case_with_directory";
constexpr size_t kShortKey = 16;

uint64_t KeyCount(const Settings& s) { return s.Choose(10'000'000, 500'000); }

// Resident bytes a key that 16-byte keys take, above key and value.
template <typename Store>
double BytesOverPayload(Store& store, uint64_t keys, size_t value_bytes) {
  const Values values(value_bytes);
  char key[kShortKey];
  const auto set = [&](uint64_t i) {
    WriteKey(i, key, sizeof(key));
    store.Set({key, sizeof(key)}, values[i]);
  };
  // What the first writes start and allocate is not what a key takes.
  constexpr uint64_t kFirst = 1000;
  for (uint64_t i = 0; i < kFirst; ++i) set(i);
  const double before = ResidentBytes();
  for (uint64_t i = kFirst; i < keys; ++i) set(i);
  const double grown = ResidentBytes() - before;
  return grown / static_cast<double>(keys - kFirst) -
         static_cast<double>(kShortKey + value_bytes);
}

std::string OverPayloadRow(size_t value_bytes) {
  return absl::StrCat("memory_over_payload_", value_bytes, "_byte_values");
}

void OverPayload(const Settings& settings, Report& report, size_t value_bytes) {
  const uint64_t keys = KeyCount(settings);
  const double peer = MeasureIsolated([&] {
    ShardedMap map;
    return BytesOverPayload(map, keys, value_bytes);
  });
  const double own = MeasureIsolated([&] {
    const auto node = OpenMaster(WithSmallLog(OneMember()));
    Ours ours(*node);
    return BytesOverPayload(ours, keys, value_bytes);
  });
  report.Add(OverPayloadRow(value_bytes), {.ours = own, .peer = peer});
}

struct Growth {
  double worst_ms = 0;  // CPU time of the Set that cost its own thread most
  uint64_t index = 0;   // which one that was
  // Likewise when the same keys are set once more, and nothing grows: what the machine
  // takes from a thread's clock now and then, whatever that does.
  double again_ms = 0;
};

// A store grows from nothing.
template <typename Store>
Growth GrowFromNothing(Store& store, uint64_t keys) {
  const Values values;
  char key[kKeyBytes];
  Growth growth;
  const auto worst_of_all = [&](double& worst_ms, uint64_t& index) {
    int64_t last = ThreadCpuNs();
    for (uint64_t i = 0; i < keys; ++i) {
      WriteKey(i, key, sizeof(key));
      store.Set({key, sizeof(key)}, values[i]);
      const int64_t now = ThreadCpuNs();
      const double ms = static_cast<double>(now - last) / 1e6;
      last = now;
      if (ms <= worst_ms) continue;
      worst_ms = ms;
      index = i;
    }
  };
  uint64_t anywhere = 0;
  worst_of_all(growth.worst_ms, growth.index);
  worst_of_all(growth.again_ms, anywhere);
  return growth;
}

// Some runs, each with a fresh heap; each is told its number.
std::vector<Growth> Grow(int runs, const std::function<Growth(int)>& grow) {
  std::vector<Growth> all;
  for (int i = 0; i < runs; ++i) {
    const std::string text = Must(RunIsolated([&] {
      const Growth growth = grow(i);
      return absl::StrCat(growth.worst_ms, " ", growth.index, " ",
                          growth.again_ms);
    }));
    Growth read;
    char* rest = nullptr;
    read.worst_ms = std::strtod(text.c_str(), &rest);
    read.index = std::strtoull(rest, &rest, 10);
    read.again_ms = std::strtod(rest, nullptr);
    all.push_back(read);
  }
  return all;
}

std::string Listed(const std::vector<Growth>& runs) {
  return absl::StrJoin(runs, ", ", [](std::string* out, const Growth& run) {
    absl::StrAppendFormat(out, "%.2f at %d (%.2f)", run.worst_ms, run.index,
                          run.again_ms);
  });
}

double MedianOf(const std::vector<Growth>& runs, double Growth::*what) {
  std::vector<double> all;
  for (const Growth& run : runs) all.push_back(run.*what);
  return Median(all);
}

// The map is measured once for both rows.
void MeasureGrowth(const Settings& settings, Report& report) {
  const uint64_t keys = KeyCount(settings);
  const std::vector<Growth> map = Grow(1, [&](int) {
    ShardedMap store;
    return GrowFromNothing(store, keys);
  });
  const auto measure = [&](const std::string& row,
                           const std::function<std::string(int)>& directory) {
    if (!report.Wanted(row)) return;
    const std::vector<Growth> own = Grow(settings.Choose(3, 1), [&](int run) {
      const auto node = OpenMaster(OneMember(directory(run)));
      Ours ours(*node);
      return GrowFromNothing(ours, keys);
    });
    report.Add(row, {.ours = MedianOf(own, &Growth::worst_ms),
                     .peer = MedianOf(own, &Growth::again_ms),
                     .note = absl::StrCat(
                         "each run, and the same again: ", Listed(own),
                         "; the map: ", Listed(map))});
  };
  measure(kGrowth, [](int) { return std::string(); });
  const TempDir dirs(settings.dir);
  measure(kGrowthOnDisk,
          [&](int run) { return absl::StrCat(dirs.path(), "/", run); });
}

}  // namespace

std::vector<Measurement> MemoryRows() {
  std::vector<Measurement> all;
  all.push_back({.rows = {{.name = kGrowth,
                           .unit = "ms",
                           .what = "0 to 10 M keys: CPU time of the worst Set, "
                                   "median of 3 runs; peer: the same Sets "
                                   "again, when nothing grows",
                           .target = {Bound::kAddsAtMost, 2}},
                          {.name = kGrowthOnDisk,
                           .unit = "ms",
                           .what = "the same with a directory, where changed "
                                   "keys wait for a checkpoint",
                           .target = {Bound::kAddsAtMost, 2}}},
                 .measure = MeasureGrowth});
  for (const size_t value_bytes : {8, 32, 100}) {
    const RowSpec row = {.name = OverPayloadRow(value_bytes),
                         .unit = "bytes/key",
                         .what =
                             "resident memory above key and value, 10 M keys "
                             "of 16 bytes; peer: the map",
                         .target = {Bound::kOursAtMost, 32}};
    all.push_back(
        {.rows = {row},
         .measure = [value_bytes](const Settings& settings, Report& report) {
           OverPayload(settings, report, value_bytes);
         }});
  }
  return all;
}

}  // namespace vigil::bench
