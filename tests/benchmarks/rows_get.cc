// Rows about Get: one thread against maps of strings, two threads, many keys.
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/peers/sharded_map.h"
#include "tests/benchmarks/peers/tbb_map.h"
#include "tests/benchmarks/reads.h"
#include "tests/benchmarks/workload.h"

namespace vigil::bench {
namespace {

constexpr char kSharded[] = "get_1thread_vs_sharded_map";
constexpr char kTbb[] = "get_1thread_vs_tbb_map";
constexpr char kZipfSharded[] = "get_zipf_1thread_vs_sharded_map";
constexpr char kZipfTbb[] = "get_zipf_1thread_vs_tbb_map";
constexpr char kTwoThreads[] = "get_2threads_vs_1";

uint64_t KeyCount(const Settings& s) { return s.Choose(1'000'000, 100'000); }
size_t GetCount(const Settings& s) { return s.Choose(1'000'000, 200'000); }
int Rounds(const Settings& s) { return s.Choose(9, 3); }

void AgainstMaps(const Settings& settings, Report& report, const Keys& keys,
                 const std::string& sharded_row, const std::string& tbb_row) {
  const std::unique_ptr<Node> node = OpenMaster(OneMember());
  Ours ours(*node);
  Fill(ours, KeyCount(settings));
  const auto measure = [&](const std::string& row, auto& peer) {
    if (!report.Wanted(row)) return;
    Fill(peer, KeyCount(settings));
    const Medians ns = Alternate(
        Rounds(settings), [&] { return GetNs(ours, keys); },
        [&] { return GetNs(peer, keys); });
    report.Add(row, {.ours = ns.ours, .peer = ns.peer});
  };
  const auto sharded = std::make_unique<ShardedMap>();
  measure(sharded_row, *sharded);
  if (const std::unique_ptr<TbbMap> tbb = TbbMap::Create()) {
    measure(tbb_row, *tbb);
  } else {
    report.LeaveOut(tbb_row, "built without TBB (libtbb-dev)");
  }
}

void Uniform(const Settings& settings, Report& report) {
  const Keys keys = Keys::Uniform(KeyCount(settings), GetCount(settings), 1);
  AgainstMaps(settings, report, keys, kSharded, kTbb);
}

void Zipfian(const Settings& settings, Report& report) {
  const Keys keys =
      Keys::Zipfian(KeyCount(settings), 0.99, GetCount(settings), 1);
  AgainstMaps(settings, report, keys, kZipfSharded, kZipfTbb);
}

// Million Gets a second of as many threads as there are sequences of keys.
template <typename Store>
double GetRate(Store& store, const std::vector<Keys>& keys) {
  std::latch start(static_cast<ptrdiff_t>(keys.size()) + 1);
  std::vector<std::thread> threads;
  size_t gets = 0;
  for (const Keys& mine : keys) {
    gets += mine.size();
    threads.emplace_back([&] {
      start.arrive_and_wait();
      GetNs(store, mine);
    });
  }
  start.arrive_and_wait();
  const Stopwatch watch;
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(gets) / watch.seconds() / 1e6;
}

void TwoThreads(const Settings& settings, Report& report) {
  const uint64_t count = KeyCount(settings);
  const std::unique_ptr<Node> node = OpenMaster(OneMember());
  Ours ours(*node);
  Fill(ours, count);
  const auto map = std::make_unique<ShardedMap>();
  Fill(*map, count);
  std::vector<Keys> one, two;
  one.push_back(Keys::Uniform(count, GetCount(settings), 1));
  two.push_back(Keys::Uniform(count, GetCount(settings), 2));
  two.push_back(Keys::Uniform(count, GetCount(settings), 3));
  const auto scaling = [&](auto& store) {
    return Alternate(
        Rounds(settings), [&] { return GetRate(store, two); },
        [&] { return GetRate(store, one); });
  };
  const Medians rate = scaling(ours);
  // Two cores that others use, too, are less than two.
  const Medians of_map = scaling(*map);
  report.Add(kTwoThreads,
             {.ours = rate.ours,
              .peer = rate.peer,
              .note = absl::StrFormat("the 64 locked maps: ratio %.2f",
                                      of_map.ours / of_map.peer)});
}

constexpr char kMany[] = "getmany_32_vs_gets";
constexpr size_t kBatch = 32;

// Million keys a second, 32 to a call.
double GetManyRate(const Node& node, const Keys& keys) {
  std::vector<std::string_view> batch(kBatch);
  size_t bytes = 0;
  size_t reads = 0;
  const Stopwatch watch;
  for (; reads + kBatch <= keys.size(); reads += kBatch) {
    for (size_t i = 0; i < kBatch; ++i) batch[i] = keys[reads + i];
    const vigil::Values values = node.GetMany(batch);
    for (const std::optional<ValueView>& value : values) {
      if (value) bytes += value->data.size();
    }
  }
  const double rate = static_cast<double>(reads) / watch.seconds() / 1e6;
  MustHaveRead(bytes, reads);
  return rate;
}

// The same by single Gets: as many values are there at the end of each batch.
double GetsRate(const Node& node, const Keys& keys) {
  size_t bytes = 0;
  size_t reads = 0;
  const Stopwatch watch;
  for (; reads + kBatch <= keys.size(); reads += kBatch) {
    std::vector<std::optional<Value>> values(kBatch);
    for (size_t i = 0; i < kBatch; ++i) {
      if (auto value = node.Get(keys[reads + i]); value.ok())
        values[i] = *std::move(value);
    }
    for (const std::optional<Value>& value : values) {
      if (value) bytes += value->data.size();
    }
  }
  const double rate = static_cast<double>(reads) / watch.seconds() / 1e6;
  MustHaveRead(bytes, reads);
  return rate;
}

void Many(const Settings& settings, Report& report) {
  const std::unique_ptr<Node> node = OpenMaster(OneMember());
  Ours ours(*node);
  Fill(ours, KeyCount(settings));
  const Keys keys = Keys::Uniform(KeyCount(settings), GetCount(settings), 1);
  const Medians rate = Alternate(
      Rounds(settings), [&] { return GetManyRate(*node, keys); },
      [&] { return GetsRate(*node, keys); });
  report.Add(kMany, {.ours = rate.ours, .peer = rate.peer});
}

}  // namespace

std::vector<Measurement> GetRows() {
  const RowSpec sharded = {
      .name = kSharded,
      .unit = "ns/Get",
      .what = "Get with copy, uniform; peer: 64 locked flat_hash_maps",
      .target = {Bound::kRatioAtMost, 0.7}};
  const RowSpec tbb = {
      .name = kTbb,
      .unit = "ns/Get",
      .what = "Get with copy, uniform; peer: tbb::concurrent_hash_map",
      .target = {}};
  const RowSpec zipf_sharded = {
      .name = kZipfSharded,
      .unit = "ns/Get",
      .what = "Get with copy, Zipf 0.99; peer: 64 locked flat_hash_maps",
      .target = {}};
  const RowSpec zipf_tbb = {
      .name = kZipfTbb,
      .unit = "ns/Get",
      .what = "Get with copy, Zipf 0.99; peer: tbb::concurrent_hash_map",
      .target = {}};
  const RowSpec two_threads = {
      .name = kTwoThreads,
      .unit = "M Gets/s",
      .what = "Get with copy, uniform, two threads; peer: one thread",
      .target = {Bound::kRatioAtLeast, 1.8}};
  std::vector<Measurement> all = {
      {.rows = {sharded, tbb}, .measure = Uniform},
      {.rows = {zipf_sharded, zipf_tbb}, .measure = Zipfian},
      {.rows = {two_threads}, .measure = TwoThreads},
  };
  const RowSpec many = {.name = kMany,
                        .unit = "M keys/s",
                        .what =
                            "GetMany of 32 keys, uniform; peer: 32 Gets, whose "
                            "values are kept as well",
                        .target = {Bound::kRatioAtLeast, 3}};
  all.push_back({.rows = {many}, .measure = Many});
  return all;
}

}  // namespace vigil::bench
