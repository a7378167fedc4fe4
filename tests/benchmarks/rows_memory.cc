// Rows about memory: bytes a key beside what was given, and what growing costs
// the one call that it hits.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
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

struct Worst {
  int64_t ns = 0;
  uint64_t index = 0;
};

// The Set that cost its own thread most while a store grows from nothing.
template <typename Store>
Worst WorstOfGrowing(Store& store, uint64_t keys) {
  const Values values;
  char key[kKeyBytes];
  Worst worst;
  int64_t last = ThreadCpuNs();
  for (uint64_t i = 0; i < keys; ++i) {
    WriteKey(i, key, sizeof(key));
    store.Set({key, sizeof(key)}, values[i]);
    const int64_t now = ThreadCpuNs();
    if (now - last > worst.ns) worst = {now - last, i};
    last = now;
  }
  return worst;
}

// The median of some runs, each with a fresh heap.
Worst MedianOf(int runs, const std::function<Worst()>& grow) {
  std::vector<Worst> all;
  for (int i = 0; i < runs; ++i) {
    const std::string text = Must(RunIsolated([&] {
      const Worst worst = grow();
      return absl::StrCat(worst.ns, " ", worst.index);
    }));
    char* rest = nullptr;
    const int64_t ns = std::strtoll(text.c_str(), &rest, 10);
    all.push_back({ns, std::strtoull(rest, nullptr, 10)});
  }
  std::sort(all.begin(), all.end(),
            [](const Worst& a, const Worst& b) { return a.ns < b.ns; });
  return all[all.size() / 2];
}

// The map is the peer of both rows: it is measured once.
void Growth(const Settings& settings, Report& report) {
  const uint64_t keys = KeyCount(settings);
  const int runs = settings.Choose(3, 1);
  const auto grow_node = [&](const std::string& data_dir) {
    const auto node = OpenMaster(OneMember(data_dir));
    Ours ours(*node);
    return WorstOfGrowing(ours, keys);
  };
  const Worst peer = MedianOf(runs, [&] {
    ShardedMap map;
    return WorstOfGrowing(map, keys);
  });
  const auto add = [&](const std::string& row, const Worst& own) {
    report.Add(row, {.ours = static_cast<double>(own.ns) / 1e6,
                     .peer = static_cast<double>(peer.ns) / 1e6,
                     .note = absl::StrCat("ours was Set number ", own.index,
                                          ", the peer's ", peer.index)});
  };
  if (report.Wanted(kGrowth)) {
    add(kGrowth, MedianOf(runs, [&] { return grow_node(""); }));
  }
  if (report.Wanted(kGrowthOnDisk)) {
    add(kGrowthOnDisk, MedianOf(runs, [&] {
          const TempDir dir(settings.dir);
          return grow_node(dir.path());
        }));
  }
}

}  // namespace

std::vector<Measurement> MemoryRows() {
  std::vector<Measurement> all;
  all.push_back({.rows = {{.name = kGrowth,
                           .unit = "ms",
                           .what = "0 to 10 M keys: CPU time of the worst Set, "
                                   "median of 3 runs; peer: the map",
                           .target = {Bound::kOursAtMost, 2}},
                          {.name = kGrowthOnDisk,
                           .unit = "ms",
                           .what = "the same with a directory, where changed "
                                   "keys wait for a checkpoint",
                           .target = {Bound::kOursAtMost, 2}}},
                 .measure = Growth});
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
