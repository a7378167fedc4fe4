// Rows about writes that wait for a quorum: one writer, and many.
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/latency.h"
#include "tests/benchmarks/must.h"
#include "tests/benchmarks/peers/grpc_echo.h"
#include "tests/benchmarks/replicated.h"
#include "tests/benchmarks/replication_rows.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"

namespace vigil::bench {
namespace {

constexpr char kOneWriter[] = "quorum_set_1_writer";
constexpr char kThreads[] = "quorum_64_writers_threads";
constexpr char kAsync[] = "quorum_64_writers_async";
constexpr int kWriters = 64;
constexpr int kReplicas = 2;
constexpr SetOptions kQuorum = {.ack = Ack::kQuorum};

// About what one Set of the other side takes on the wire.
constexpr size_t kEchoBytes = kKeyBytes + kValueBytes + 30;

void OneWriter(const Settings& settings, Report& report) {
  GrpcEcho echo;
  Replicated group(kReplicas, settings.dir, /*on_disk=*/true);
  const Keys keys = Keys::Uniform(1'000'000, settings.Choose(5000, 500), 1);
  const Values values;
  Latency all;
  const auto sets = [&] {
    Latency latency;
    for (size_t i = 0; i < keys.size(); ++i) {
      const int64_t start = MonoNs();
      Must(group.master().Set(keys[i], values[i], kQuorum).status());
      const int64_t ns = MonoNs() - start;
      latency.Add(ns);
      all.Add(ns);
    }
    return latency.QuantileNs(0.5) / 1e3;
  };
  const auto echoes = [&] {
    Latency latency;
    for (size_t i = 0; i < keys.size(); ++i) {
      const int64_t start = MonoNs();
      echo.RoundTrip(kEchoBytes);
      latency.Add(MonoNs() - start);
    }
    return latency.QuantileNs(0.5) / 1e3;
  };
  const Medians us = Alternate(settings.Choose(7, 1), sets, echoes);
  report.Add(kOneWriter, {.ours = us.ours,
                          .peer = us.peer,
                          .note = absl::StrFormat(
                              "p99 %.0f us, longest %.0f us",
                              all.QuantileNs(0.99) / 1e3, all.max_ns() / 1e3)});
}

// Thousands of Sets a second of all threads together.
double ThreadsRate(Node& node, const Keys& keys, int seconds) {
  std::atomic<uint64_t> sets{0};
  std::atomic<bool> stopped{false};
  std::vector<std::thread> writers;
  const Values values;
  const Stopwatch watch;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (size_t i = static_cast<size_t>(w); !stopped; i += kWriters) {
        Must(node.Set(keys[i % keys.size()], values[i], kQuorum).status());
        sets.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  stopped = true;
  for (std::thread& writer : writers) writer.join();
  return static_cast<double>(sets) / watch.seconds() / 1e3;
}

// Writers without threads: each begins its next Set in the callback of the one before.
class AsyncWriters {
 public:
  AsyncWriters(Node& node, const Keys& keys) : node_(node), keys_(keys) {}

  double Rate(int seconds) {
    const Stopwatch watch;
    running_ = kWriters;
    for (int w = 0; w < kWriters; ++w) Next();
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    stopped_ = true;
    std::unique_lock lock(mu_);
    ended_.wait(lock, [&] { return running_ == 0; });
    return static_cast<double>(sets_) / watch.seconds() / 1e3;
  }

 private:
  void Next() {
    const size_t i = next_++;
    Must(node_.async()
             .Set(keys_[i % keys_.size()], values_[i], kQuorum,
                  [this](absl::StatusOr<SetResult> result) {
                    Must(result.status());
                    ++sets_;
                    if (!stopped_) return Next();
                    std::lock_guard lock(mu_);
                    if (--running_ == 0) ended_.notify_all();
                  })
             .status());
  }

  Node& node_;
  const Keys& keys_;
  const Values values_;
  std::atomic<size_t> next_{0};
  std::atomic<uint64_t> sets_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mu_;
  std::condition_variable ended_;
  int running_ = 0;
};

void ManyWriters(const Settings& settings, Report& report) {
  Replicated group(kReplicas, settings.dir, /*on_disk=*/true);
  const Keys keys =
      Keys::Uniform(1'000'000, settings.Choose(1'000'000, 10'000), 1);
  const int seconds = settings.Choose(3, 1);
  const auto rate = [&](auto measure) {
    measure();  // warms up
    std::vector<double> rates;
    for (int i = 0; i < settings.Choose(5, 1); ++i) rates.push_back(measure());
    return Median(rates);
  };
  if (report.Wanted(kThreads)) {
    report.Add(kThreads, {.ours = rate([&] {
                            return ThreadsRate(group.master(), keys, seconds);
                          })});
  }
  if (report.Wanted(kAsync)) {
    report.Add(kAsync,
               {.ours = rate([&] {
                  return AsyncWriters(group.master(), keys).Rate(seconds);
                })});
  }
}

}  // namespace

std::vector<Measurement> QuorumRows() {
  const RowSpec one = {.name = kOneWriter,
                       .unit = "us",
                       .what =
                           "Set kQuorum of one writer, two replicas, median; "
                           "peer: round trip of a gRPC stream",
                       .target = {Bound::kRatioAtMost, 2}};
  const RowSpec threads = {.name = kThreads,
                           .unit = "k Sets/s",
                           .what = "Set kQuorum, two replicas, 64 threads",
                           .target = {Bound::kOursAtLeast, 100}};
  const RowSpec async = {.name = kAsync,
                         .unit = "k Sets/s",
                         .what =
                             "Set kQuorum, two replicas, 64 writers without "
                             "threads",
                         .target = {Bound::kOursAtLeast, 100}};
  return {{.rows = {one}, .measure = OneWriter},
          {.rows = {threads, async}, .measure = ManyWriters}};
}

}  // namespace vigil::bench
