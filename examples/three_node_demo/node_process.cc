#include "examples/three_node_demo/node_process.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "examples/three_node_demo/data_set.h"
#include "examples/three_node_demo/line_server.h"
#include "examples/three_node_demo/loader.h"
#include "examples/three_node_demo/message.h"
#include "examples/three_node_demo/outbox.h"
#include "examples/three_node_demo/package_file.h"
#include "examples/three_node_demo/workload.h"
#include "vigil/vigil.h"

namespace vigil::demo {
namespace {

constexpr absl::Duration kStatusPeriod = absl::Milliseconds(100);

std::vector<MemberAddress> MembersOf(const std::string& text) {
  std::vector<MemberAddress> members;
  for (const absl::string_view member : absl::StrSplit(text, ',')) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(member, absl::MaxSplits('=', 1));
    members.push_back({parts.first, parts.second});
  }
  return members;
}

void LogLine(LogSeverity severity, std::string_view line) {
  if (severity == LogSeverity::kDebug) return;
  const std::string text = absl::StrCat(
      absl::FormatTime("%H:%M:%E3S ", absl::Now(), absl::LocalTimeZone()),
      severity == LogSeverity::kWarning ? "# " : "* ", std::string(line), "\n");
  // One call a line: lines of several threads stay whole.
  std::fwrite(text.data(), 1, text.size(), stderr);
}

// Several calls, on two threads of ours: the commands' and the node's callback
// thread.
class NodeProcess {
 public:
  explicit NodeProcess(const NodeProcessOptions& options)
      : options_(options), outbox_(STDOUT_FILENO) {}

  absl::Status Open();
  void Serve();
  void Report(const absl::Status& failure) {
    outbox_.Send(Failed{failure.ToString()});
  }

 private:
  Options NodeOptions();
  void OnRole(const RoleView& view);
  // Returns false when the process shall end.
  bool Obey(std::string_view line);
  bool Do(const Load&);
  bool Do(const Run&);
  bool Do(const Halt&);
  bool Do(const Dump& dump);
  bool Do(const Quit&) { return false; }
  void SendStatus();

  const NodeProcessOptions options_;
  Outbox outbox_;
  // Destroyed from the last to the first: nothing calls into what is gone.
  std::unique_ptr<Node> node_;
  std::unique_ptr<Workload> workload_;
  Subscription roles_;
  std::unique_ptr<Loader> loader_;
};

Options NodeProcess::NodeOptions() {
  Options o;
  o.group = "demo";
  o.node_id = options_.node;
  o.members = MembersOf(options_.members);
  o.data_dir = options_.data_dir;
  o.sentinel.down_after = options_.down_after;
  o.logger = LogLine;
  o.on_event = [this](const Event& event) {
    outbox_.Send(SentinelEvent{event.name, event.text});
  };
  return o;
}

absl::Status NodeProcess::Open() {
  const Options node_options = NodeOptions();
  auto node = Node::Open(node_options);
  if (!node.ok()) return node.status();
  node_ = *std::move(node);
  WorkloadOptions workload{.node = options_.node,
                           .incarnation = options_.incarnation,
                           .writers = options_.writers,
                           .writes_per_second = options_.writes_per_second,
                           .seed = options_.seed};
  for (const MemberAddress& member : node_options.members) {
    workload.nodes.push_back(member.name);
  }
  workload_ = std::make_unique<Workload>(*node_, outbox_, std::move(workload));
  outbox_.Send(Opened{});
  roles_ = node_->OnRole([this](const RoleView& view) { OnRole(view); });
  return absl::OkStatus();
}

void NodeProcess::OnRole(const RoleView& view) {
  const bool master = view.role == NodeRole::kMaster;
  outbox_.Send(RoleChanged{master, view.epoch, view.master, view.reason});
  workload_->SetMaster(master);
}

void NodeProcess::SendStatus() {
  const NodeStatus s = node_->status();
  outbox_.Send(StatusReport{.master = s.role.role == NodeRole::kMaster,
                            .epoch = s.role.epoch,
                            .master_name = s.role.master,
                            .last_index = s.last_index,
                            .lag = s.lag,
                            .linked = s.linked,
                            .syncing = s.syncing,
                            .keys = s.keys,
                            .dropped_writes = s.dropped_writes,
                            .health = s.health.ok() ? "" : s.health.ToString(),
                            .reads = workload_->reads(),
                            .writes = workload_->writes(),
                            .get_ns_median = workload_->get_ns_median()});
}

bool NodeProcess::Do(const Load&) {
  std::vector<InputRecord> records;
  if (!options_.input.empty()) {
    auto read = ReadInput(options_.input);
    if (!read.ok()) {
      outbox_.Send(LoadFailed{false, read.status().ToString()});
      return true;
    }
    records = *std::move(read);
  }
  loader_.reset();  // the one before ends first
  loader_ = std::make_unique<Loader>(*node_, outbox_, std::move(records));
  return true;
}

bool NodeProcess::Do(const Run&) {
  workload_->Stop();
  workload_->Start();
  return true;
}

bool NodeProcess::Do(const Halt&) {
  workload_->Stop();
  outbox_.Send(Halted{});
  return true;
}

bool NodeProcess::Do(const Dump& dump) {
  const auto keys = DumpDataSet(*node_, dump.path);
  if (!keys.ok()) {
    Report(keys.status());
    return false;
  }
  outbox_.Send(Dumped{*keys});
  return true;
}

bool NodeProcess::Obey(std::string_view line) {
  const auto command = DecodeCommand(line);
  if (!command.ok()) {
    Report(command.status());
    return false;
  }
  return std::visit([this](const auto& c) { return Do(c); }, *command);
}

void NodeProcess::Serve() {
  ServeLines(
      kStatusPeriod, [this](std::string_view line) { return Obey(line); },
      [this] { SendStatus(); });
}

}  // namespace

int RunNodeProcess(const NodeProcessOptions& options) {
  // A supervisor that is gone shows as a failed write, not as a signal.
  std::signal(SIGPIPE, SIG_IGN);
  NodeProcess process(options);
  if (absl::Status s = process.Open(); !s.ok()) {
    process.Report(s);
    return EXIT_FAILURE;
  }
  process.Serve();
  return EXIT_SUCCESS;
}

}  // namespace vigil::demo
