// Rows about the disk: durable writes, and loading at start.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/isolated.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/peers/rocksdb_map.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {
namespace {

constexpr char kWriters[] = "set_disk_32_writers_vs_rocksdb";
constexpr char kAsyncWriters[] = "set_disk_32_async_writers_vs_rocksdb";
constexpr char kLoad[] = "load_10m_keys";

constexpr int kThreads = 32;

// Durable writes a second of 32 threads, each waiting for its own.
template <typename Set>
double DurableRate(const Set& set, const Keys& keys, double seconds) {
  const Values values;
  std::atomic<bool> stop{false};
  std::atomic<size_t> next{0};
  std::atomic<uint64_t> writes{0};
  std::vector<std::thread> threads;
  const Stopwatch watch;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      uint64_t mine = 0;
      for (; !stop; ++mine) {
        const size_t i = next++ % keys.size();
        set(keys[i], values[i]);
      }
      writes += mine;
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(writes) / watch.seconds();
}

// The same of 32 writers without a thread of their own: each begins its next write when
// the one before has been answered.
class AsyncWriters {
 public:
  AsyncWriters(Node& node, const Keys& keys) : node_(node), keys_(keys) {}

  double Rate(double seconds) {
    stop_ = false;
    writes_ = 0;
    running_ = kThreads;
    const Stopwatch watch;
    for (int i = 0; i < kThreads; ++i) Next();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop_ = true;
    for (int left = running_; left > 0; left = running_) running_.wait(left);
    return static_cast<double>(writes_) / watch.seconds();
  }

 private:
  void Next() {
    const size_t i = next_++ % keys_.size();
    Must(node_.async()
             .Set(keys_[i], values_[i], {.ack = Ack::kDisk},
                  [this](absl::StatusOr<SetResult> result) {
                    Must(result.status());
                    ++writes_;
                    if (!stop_) return Next();
                    --running_;
                    running_.notify_all();
                  })
             .status());
  }

  Node& node_;
  const Keys& keys_;
  const Values values_;
  std::atomic<bool> stop_{false};
  std::atomic<int> running_{0};
  std::atomic<size_t> next_{0};
  std::atomic<uint64_t> writes_{0};
};

void Writers(const Settings& settings, Report& report) {
  const Keys keys = Keys::Uniform(1'000'000, 1'000'000, 1);
  const double seconds = settings.Choose(3.0, 0.5);
  const TempDir our_dir(settings.dir);
  const TempDir peer_dir(settings.dir);
  const std::unique_ptr<Node> node = OpenMaster(OneMember(our_dir.path()));
  RocksdbMap rocksdb(peer_dir.path());
  const auto ours = [&](std::string_view key, std::string_view value) {
    Must(node->Set(key, value, {.ack = Ack::kDisk}).status());
  };
  const auto peer = [&](std::string_view key, std::string_view value) {
    rocksdb.Set(key, value);
  };
  AsyncWriters async(*node, keys);
  const auto add = [&](const char* row, const std::function<double()>& own) {
    const Medians rate = Alternate(settings.Choose(5, 1), own, [&] {
      return DurableRate(peer, keys, seconds);
    });
    report.Add(row, {.ours = rate.ours / 1e3, .peer = rate.peer / 1e3});
  };
  if (report.Wanted(kWriters))
    add(kWriters, [&] { return DurableRate(ours, keys, seconds); });
  if (report.Wanted(kAsyncWriters))
    add(kAsyncWriters, [&] { return async.Rate(seconds); });
}

constexpr size_t kLoadKeyBytes = 16;

// Fills a directory and closes it. Returns how long that took.
double Create(const Options& options, uint64_t keys) {
  const Stopwatch watch;
  std::unique_ptr<Node> node = OpenMaster(options);
  const Values values;
  char key[kLoadKeyBytes];
  for (uint64_t i = 0; i < keys; ++i) {
    WriteKey(i, key, sizeof(key));
    Must(node->Set({key, sizeof(key)}, values[i]).status());
  }
  node.reset();
  return watch.seconds();
}

// Seconds that Open takes.
double Load(const Options& options, uint64_t keys) {
  const Stopwatch watch;
  const std::unique_ptr<Node> node = Must(Node::Open(options));
  const double seconds = watch.seconds();
  if (node->status().keys != keys) {
    Must(absl::InternalError(
        absl::StrCat(node->status().keys, " of ", keys, " keys loaded")));
  }
  return seconds;
}

void LoadAtStart(const Settings& settings, Report& report) {
  const uint64_t keys = settings.Choose(10'000'000, 500'000);
  const TempDir dir(settings.dir);
  // The directory belongs to a group at this address.
  const Options options = OneMember(dir.path());
  const double created = MeasureIsolated([&] { return Create(options, keys); });
  std::vector<double> seconds;
  for (int i = 0; i < settings.Choose(3, 1); ++i) {
    seconds.push_back(MeasureIsolated([&] { return Load(options, keys); }));
  }
  const double millions = static_cast<double>(keys) / 1e6;
  report.Add(kLoad,
             {.ours = millions / Median(seconds),
              .note = absl::StrCat("Open took ", Median(seconds),
                                   " s; creating the data ", created, " s")});
}

}  // namespace

std::vector<Measurement> DiskRows() {
  const RowSpec writers = {
      .name = kWriters,
      .unit = "k Sets/s",
      .what = "Set kDisk, 32 threads; peer: RocksDB, sync = true, 32 threads",
      .target = {Bound::kRatioAtLeast, 3}};
  const RowSpec async_writers = {
      .name = kAsyncWriters,
      .unit = "k Sets/s",
      .what = "async().Set kDisk, 32 at a time; peer: RocksDB, 32 threads",
      .target = {Bound::kRatioAtLeast, 3}};
  const RowSpec load = {.name = kLoad,
                        .unit = "M keys/s",
                        .what =
                            "Open of a directory with 10 M keys of 16 + 100 "
                            "bytes, page cache warm",
                        .target = {Bound::kOursAtLeast, 2}};
  return {{.rows = {writers, async_writers}, .measure = Writers},
          {.rows = {load}, .measure = LoadAtStart}};
}

}  // namespace vigil::bench
