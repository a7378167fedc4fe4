#include "examples/three_node_demo/workload.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/mono_ns.h"
#include "examples/three_node_demo/reported_write.h"

namespace vigil::demo {
namespace {

using Clock = std::chrono::steady_clock;

// The figure for Get is of values of this size.
constexpr size_t kValueBytes = 100;
constexpr int kHotSlots = 64;  // per writer

// Reads come in bursts: one wake-up for each would cost more than the reads.
constexpr int kReadsPerBurst = 100;
constexpr auto kReadPeriod = std::chrono::milliseconds(5);

// After a refusal: long enough not to spin, short beside any failover.
constexpr auto kRefusedPause = std::chrono::milliseconds(5);

std::string HotKey(const std::string& node, int thread, uint64_t slot) {
  return absl::StrCat("h:", node, ":", thread, ":", slot);
}

// Unique, self-describing, and of kValueBytes: a value under the wrong key
// shows.
std::string ValueFor(const std::string& key, int incarnation, uint64_t n) {
  std::string value = absl::StrCat(key, " = ", incarnation, ":", n, " ");
  if (value.size() < kValueBytes) value.resize(kValueBytes, '.');
  return value;
}

}  // namespace

Workload::Workload(Node& node, Outbox& outbox, WorkloadOptions options)
    : node_(node),
      outbox_(outbox),
      options_(std::move(options)),
      next_(static_cast<size_t>(options_.writers)) {}

Workload::~Workload() { Stop(); }

void Workload::Start() {
  for (int i = 0; i < options_.writers; ++i) {
    threads_.emplace_back(
        [this, i](const std::stop_token& stop) { Write(stop, i); });
  }
  threads_.emplace_back([this](const std::stop_token& stop) { Read(stop); });
}

void Workload::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
}

void Workload::SetMaster(bool master) {
  std::lock_guard lock(mu_);
  master_ = master;
  changed_.notify_all();
}

bool Workload::WaitUntilMaster(const std::stop_token& stop) {
  std::unique_lock lock(mu_);
  return changed_.wait(lock, stop, [&] { return master_; });
}

bool Workload::SleepUntil(const std::stop_token& stop,
                          Clock::time_point until) {
  std::unique_lock lock(mu_);
  changed_.wait_until(lock, stop, until, [] { return false; });
  return !stop.stop_requested();
}

void Workload::Write(const std::stop_token& stop, int thread) {
  const Clock::duration period = std::chrono::nanoseconds(
      1'000'000'000LL * options_.writers / options_.writes_per_second);
  uint64_t& n = next_[static_cast<size_t>(thread)];
  Clock::time_point due = Clock::now();
  while (WaitUntilMaster(stop) && SleepUntil(stop, due)) {
    const std::string key =
        n % 2 == 0 ? absl::StrCat("w:", options_.node, ":",
                                  options_.incarnation, ":", thread, ":", n)
                   : HotKey(options_.node, thread, n / 2 % kHotSlots);
    const absl::Status status = ReportedSet(
        node_, outbox_, key, ValueFor(key, options_.incarnation, n));
    // After a stall the schedule starts anew: a burst to catch up would make
    // the load anything but steady.
    due = std::max(due + period, Clock::now() - period);
    if (status.ok()) {
      ++writes_;
      ++n;
    } else if (absl::IsDeadlineExceeded(status) || absl::IsInternal(status)) {
      ++n;  // perhaps in force: never written again
    } else {
      due = Clock::now() + kRefusedPause;  // the same write again
    }
  }
}

void Workload::Read(const std::stop_token& stop) {
  std::vector<std::string> keys;
  for (const std::string& node : options_.nodes) {
    for (int thread = 0; thread < options_.writers; ++thread) {
      for (int slot = 0; slot < kHotSlots; ++slot) {
        keys.push_back(HotKey(node, thread, static_cast<uint64_t>(slot)));
      }
    }
  }
  std::mt19937_64 random(options_.seed);
  for (Clock::time_point due = Clock::now(); SleepUntil(stop, due);) {
    for (int i = 0; i < kReadsPerBurst; ++i) {
      const std::string& key = keys[random() % keys.size()];
      const int64_t begin = MonoNs();
      const bool found = node_.Get(key).ok();
      const int64_t end = MonoNs();
      // A key that nobody has written yet is found missing sooner: not this
      // figure.
      if (found) latency_.Add(static_cast<uint64_t>(end - begin));
    }
    reads_ += kReadsPerBurst;
    due = std::max(due + kReadPeriod, Clock::now());
  }
}

}  // namespace vigil::demo
