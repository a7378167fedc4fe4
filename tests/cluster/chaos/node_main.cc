// chaos_node: one node of the group in a process of its own, with an application that
// writes (writers.h). It is told what to do on stdin and reports on stdout (message.h).
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "examples/three_node_demo/data_set.h"
#include "examples/three_node_demo/line_server.h"
#include "examples/three_node_demo/outbox.h"
#include "tests/cluster/chaos/message.h"
#include "tests/cluster/chaos/node_options.h"
#include "tests/cluster/chaos/writers.h"
#include "vigil/vigil.h"

namespace vigil::chaos {
namespace {

// A full sync over a slow link takes many times as long.
constexpr absl::Duration kSeenPeriod = absl::Milliseconds(20);

// Where the log ended that the node found on its disk; in no other words of the log.
constexpr char kLoadedLine[] = "data loaded: log ends at ";

// Several calls, on three threads: the commands', the node's callback thread, and those
// that log.
class NodeProcess {
 public:
  explicit NodeProcess(const NodeOptions& options)
      : options_(options), outbox_(STDOUT_FILENO) {}

  absl::Status Open();
  void Serve();
  void Send(const Report& report) { outbox_.SendLine(Encode(report)); }

 private:
  void OnLog(LogSeverity severity, std::string_view line);
  void OnDropped(const DroppedWrites& dropped);
  // Returns false when the process shall end.
  bool Obey(std::string_view line);
  bool Do(const Run&);
  bool Do(const Halt&);
  bool Do(const Flood& flood);
  bool Do(const Dump& dump);
  bool Do(const Quit&) { return false; }
  void SendSeen();

  const NodeOptions options_;
  demo::Outbox outbox_;
  // Destroyed from the last to the first: nothing calls into what is gone.
  std::unique_ptr<Node> node_;
  std::unique_ptr<Writers> writers_;
  Subscription roles_;
};

void NodeProcess::OnLog(LogSeverity severity, std::string_view line) {
  if (severity == LogSeverity::kDebug) return;
  const std::string text = absl::StrCat(
      absl::FormatTime("%H:%M:%E3S ", absl::Now(), absl::LocalTimeZone()),
      severity == LogSeverity::kWarning ? "# " : "* ", std::string(line), "\n");
  // One call a line: lines of several threads stay whole.
  std::fwrite(text.data(), 1, text.size(), stderr);
  const size_t at = line.find(kLoadedLine);
  if (at == std::string_view::npos) return;
  line.remove_prefix(at + sizeof(kLoadedLine) - 1);
  uint64_t log_end = 0;
  if (absl::SimpleAtoi(
          absl::string_view(line.data(), line.find_first_not_of("0123456789")),
          &log_end))
    Send(Loaded{log_end});
}

void NodeProcess::OnDropped(const DroppedWrites& dropped) {
  if (dropped.unread_records > 0) Send(Untold{dropped.unread_records});
  for (const DroppedWrite& write : dropped.writes) {
    Send(Told{write.key, write.value, write.position.epoch,
              write.position.index});
  }
}

absl::Status NodeProcess::Open() {
  Options o = ToOptions(options_);
  o.logger = [this](LogSeverity severity, std::string_view line) {
    OnLog(severity, line);
  };
  o.on_dropped_writes = [this](const DroppedWrites& d) { OnDropped(d); };
  auto node = Node::Open(o);
  if (!node.ok()) return node.status();
  node_ = *std::move(node);
  writers_ = std::make_unique<Writers>(*node_, outbox_, options_);
  Send(Opened{});
  // At once: who was master of an epoch must be known even if it is killed now.
  roles_ = node_->OnRole([this](const RoleView&) { SendSeen(); });
  return absl::OkStatus();
}

void NodeProcess::SendSeen() {
  const NodeStatus s = node_->status();
  Send(Seen{.master = s.role.role == NodeRole::kMaster,
            .epoch = s.role.epoch,
            .master_name = s.role.master,
            .last_index = s.last_index,
            .persisted_index = s.persisted_index,
            .commit_index = s.commit_index,
            .linked = s.linked,
            .syncing = s.syncing,
            .full_syncs = s.full_syncs,
            .rewinds = s.rewinds,
            .health = s.health.ok() ? "" : s.health.ToString(),
            .trouble = absl::StrCat(s.refusal, s.refusal.empty() ? "" : "; ",
                                    s.obstacle)});
}

bool NodeProcess::Do(const Run&) {
  writers_->Stop();
  writers_->Start();
  return true;
}

bool NodeProcess::Do(const Halt&) {
  writers_->Stop();
  Send(Halted{});
  return true;
}

bool NodeProcess::Do(const Flood& flood) {
  writers_->StartFlood(flood.writes);
  return true;
}

bool NodeProcess::Do(const Dump& dump) {
  const auto keys = demo::DumpDataSet(*node_, dump.path);
  if (keys.ok()) {
    Send(Dumped{*keys});
  } else {
    Send(Failed{keys.status().ToString()});
  }
  return keys.ok();
}

bool NodeProcess::Obey(std::string_view line) {
  const auto command = DecodeCommand(line);
  if (!command.ok()) {
    Send(Failed{command.status().ToString()});
    return false;
  }
  return std::visit([this](const auto& c) { return Do(c); }, *command);
}

void NodeProcess::Serve() {
  demo::ServeLines(
      kSeenPeriod, [this](std::string_view line) { return Obey(line); },
      [this] { SendSeen(); });
}

int Main(const std::vector<std::string>& arguments) {
  // A supervisor that is gone shows as a failed write, not as a signal.
  std::signal(SIGPIPE, SIG_IGN);
  const auto options = ParseNodeOptions(arguments);
  if (!options.ok()) {
    std::fprintf(stderr, "chaos_node: %s\n",
                 options.status().ToString().c_str());
    return 2;
  }
  NodeProcess process(*options);
  if (absl::Status s = process.Open(); !s.ok()) {
    process.Send(Failed{s.ToString()});
    return EXIT_FAILURE;
  }
  process.Serve();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace vigil::chaos

int main(int argc, char** argv) {
  return vigil::chaos::Main(std::vector<std::string>(argv + 1, argv + argc));
}
