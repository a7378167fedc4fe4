// benchmark_member: one member of the measured group in a process of its own. It is told
// what to do on stdin and reports on stdout (member_message.h).
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "examples/three_node_demo/line_codec.h"
#include "examples/three_node_demo/line_server.h"
#include "examples/three_node_demo/outbox.h"
#include "tests/benchmarks/latency.h"
#include "tests/benchmarks/member_message.h"
#include "tests/benchmarks/member_options.h"
#include "tests/benchmarks/member_writer.h"
#include "tests/benchmarks/must.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "vigil/vigil.h"

namespace vigil::bench::member {
namespace {

// What a look at an age costs it cannot see: two thousand a second are a percent of a core.
constexpr absl::Duration kAgePeriod = absl::Microseconds(500);

class AgeWatch {
 public:
  AgeWatch(const Node& node, std::string key)
      : node_(node), key_(std::move(key)), thread_([this] { Run(); }) {}

  Age Stop() {
    stopped_ = true;
    thread_.join();
    return {.p50_ns = latency_.QuantileNs(0.5),
            .p99_ns = latency_.QuantileNs(0.99),
            .max_ns = latency_.max_ns(),
            .samples = latency_.count()};
  }

 private:
  void Run() {
    while (!stopped_) {
      int64_t written = 0;
      const auto value = node_.Get(key_);
      if (value.ok() && absl::SimpleAtoi(value->data, &written))
        latency_.Add(MonoNs() - written);
      std::this_thread::sleep_for(absl::ToChronoMicroseconds(kAgePeriod));
    }
  }

  const Node& node_;
  const std::string key_;
  Latency latency_;
  std::atomic<bool> stopped_{false};
  std::thread thread_;  // last: it uses the rest
};

class MemberProcess {
 public:
  explicit MemberProcess(const MemberOptions& options)
      : options_(options), outbox_(STDOUT_FILENO) {}

  void Open();
  void Serve();

 private:
  void OnLog(LogSeverity severity, std::string_view line);
  void Send(const Report& report) {
    outbox_.SendLine(demo::line_codec::Encode(report));
  }
  void Do(const Look&);
  void Do(const WatchAge& watch);
  void Do(const TellAge&);
  void Do(const Write& write);
  void Do(const TellWritten& tell);
  void Do(const FillKeys& fill);

  const MemberOptions options_;
  demo::Outbox outbox_;
  int64_t sync_began_ns_ = 0;  // of the replicator's thread, which logs it
  std::atomic<int64_t> synced_ns_{0};
  std::mutex mu_;  // guards writer_ against a callback before it is there
  std::unique_ptr<Node> node_;
  std::unique_ptr<MemberWriter> writer_;
  std::unique_ptr<AgeWatch> age_;
};

void MemberProcess::OnLog(LogSeverity severity, std::string_view line) {
  if (severity == LogSeverity::kDebug) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  const auto has = [&](std::string_view text) {
    return line.find(text) != std::string_view::npos;
  };
  if (!has("full sync from '") && !has("rewind from '")) return;
  if (has("' at index ")) sync_began_ns_ = MonoNs();
  if (has("' is exact at ")) synced_ns_ = MonoNs() - sync_began_ns_;
}

void MemberProcess::Open() {
  Options o = ToOptions(options_);
  o.logger = [this](LogSeverity severity, std::string_view line) {
    OnLog(severity, line);
  };
  o.on_dropped_writes = [this](const DroppedWrites& dropped) {
    std::lock_guard lock(mu_);
    if (writer_ != nullptr) writer_->OnDropped(dropped);
  };
  node_ = Must(Node::Open(o));
  std::lock_guard lock(mu_);
  writer_ = std::make_unique<MemberWriter>(*node_);
}

void MemberProcess::Do(const Look&) {
  const NodeStatus s = node_->status();
  Send(Seen{.master = s.role.role == NodeRole::kMaster,
            .epoch = s.role.epoch,
            .linked = s.linked,
            .syncing = s.syncing,
            .last_index = s.last_index,
            .commit_index = s.commit_index,
            .persisted_index = s.persisted_index,
            .checkpoint_index = s.checkpoint_index,
            .full_syncs = s.full_syncs,
            .rewinds = s.rewinds,
            .dropped_writes = s.dropped_writes,
            .keys = s.keys,
            .synced_ns = synced_ns_});
}

void MemberProcess::Do(const WatchAge& watch) {
  age_ = std::make_unique<AgeWatch>(*node_, watch.key);
}

void MemberProcess::Do(const TellAge&) {
  if (age_ != nullptr) Send(age_->Stop());
  age_ = nullptr;
}

void MemberProcess::Do(const Write& write) { writer_->Start(write.pause_us); }

void MemberProcess::Do(const TellWritten& tell) {
  Send(writer_->Account(tell.after_ns));
}

void MemberProcess::Do(const FillKeys& fill) {
  const Values values(fill.bytes);
  char key[kKeyBytes];
  for (uint64_t i = fill.first; i < fill.first + fill.count; ++i) {
    WriteKey(i, key, sizeof(key));
    Must(node_->Set({key, sizeof(key)}, values[i]).status());
  }
  Send(Filled{});
}

void MemberProcess::Serve() {
  demo::ServeLines(
      absl::Hours(1),
      [this](std::string_view line) {
        std::visit([this](const auto& command) { Do(command); },
                   Must(demo::line_codec::Decode<Command>(line)));
        return true;
      },
      [] {});
}

int Main(const std::vector<std::string>& arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // a measurement that is gone: a failed write
  MemberProcess process(Must(ParseMemberOptions(arguments)));
  process.Open();
  process.Serve();
  // Nobody waits for a tidy end; the directory goes with the measurement.
  _exit(EXIT_SUCCESS);
}

}  // namespace
}  // namespace vigil::bench::member

int main(int argc, char** argv) {
  return vigil::bench::member::Main(
      std::vector<std::string>(argv + 1, argv + argc));
}
