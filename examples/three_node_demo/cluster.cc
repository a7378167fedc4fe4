#include "examples/three_node_demo/cluster.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/three_node_demo/mono_ns.h"

namespace vigil::demo {
namespace {

// This program, also if its file was replaced meanwhile.
constexpr char kThisProgram[] = "/proc/self/exe";

constexpr absl::Duration kDrawPeriod = absl::Milliseconds(100);

}  // namespace

Cluster::Cluster(std::vector<Member> members, NodeProcessOptions common,
                 Screen& screen)
    : members_(std::move(members)),
      common_(std::move(common)),
      screen_(screen) {}

// ---- processes --------------------------------------------------------------

absl::Status Cluster::Start(int node) {
  Member& m = at(node);
  NodeProcessOptions options = common_;
  options.node = m.name;
  options.data_dir = m.data_dir();
  options.incarnation = m.incarnation + 1;
  options.seed = common_.seed + static_cast<uint64_t>(node);
  auto child = Child::Spawn(kThisProgram, ToArguments(options), m.log_path());
  if (!child.ok()) return child.status();
  m.BeginIncarnation(*std::move(child));
  return absl::OkStatus();
}

void Cluster::Kill(int node) {
  at(node).end_asked = Member::End::kKill;
  if (at(node).child) at(node).child->Kill();
}

void Cluster::Pause(int node) {
  at(node).paused = true;
  if (at(node).child) at(node).child->Pause();
}

void Cluster::Resume(int node) {
  at(node).paused = false;
  if (at(node).child) at(node).child->Resume();
}

absl::Status Cluster::Quit(int node) {
  at(node).end_asked = Member::End::kQuit;
  return Send(node, demo::Quit{});
}

void Cluster::MarkFault(const std::vector<int>& nodes) {
  std::set<Incarnation> stopped;
  for (const int node : nodes) stopped.insert({node, member(node).incarnation});
  gaps_.OnFault(MonoNs(), std::move(stopped));
}

// ---- commands ---------------------------------------------------------------

absl::Status Cluster::Send(int node, const Command& command) {
  Member& m = at(node);
  if (!m.child) return absl::UnavailableError(m.name + " is down");
  return m.child->Write(Encode(command));
}

absl::Status Cluster::SetRunning(bool running) {
  running_ = running;
  const Command command = running ? Command(Run{}) : Command(Halt{});
  for (int node = 0; node < size(); ++node) {
    if (!member(node).answers()) continue;
    if (absl::Status s = Send(node, command); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status Cluster::LoadInput(int node) {
  at(node).seen.loaded.reset();
  at(node).seen.load_failed.reset();
  return Send(node, Load{});
}

// ---- waiting ----------------------------------------------------------------

absl::Status Cluster::Await(const std::string& what, absl::Duration timeout,
                            const std::function<bool()>& done) {
  const int64_t deadline = MonoNs() + absl::ToInt64Nanoseconds(timeout);
  for (;;) {
    if (!failure_.ok()) return failure_;
    if (done()) return absl::OkStatus();
    const absl::Duration left = absl::Nanoseconds(deadline - MonoNs());
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(
          absl::StrCat("no ", what, " within ", absl::FormatDuration(timeout)));
    }
    PollOnce(std::min(left, kDrawPeriod));
    DrawIfDue();
  }
}

void Cluster::DrawIfDue() {
  // Reports come thousands a second, and a picture costs more than they do.
  const int64_t now = MonoNs();
  if (absl::Nanoseconds(now - drawn_ns_) < kDrawPeriod) return;
  drawn_ns_ = now;
  screen_.Nodes(Rows());
}

absl::Status Cluster::Pass(absl::Duration time) {
  const absl::Status status = Await("", time, [] { return false; });
  return failure_.ok() ? absl::OkStatus() : status;
}

void Cluster::Watch(int fd, std::function<void()> on_readable) {
  watched_.push_back({fd, std::move(on_readable)});
}

void Cluster::Unwatch(int fd) {
  std::erase_if(watched_, [fd](const Watched& w) { return w.fd == fd; });
}

void Cluster::Cancel(const std::string& why) {
  Fail(absl::CancelledError(why));
}

void Cluster::Fail(absl::Status why) {
  if (failure_.ok()) failure_ = std::move(why);
}

void Cluster::PollOnce(absl::Duration at_most) {
  std::vector<Watched> watched = watched_;
  for (int node = 0; node < size(); ++node) {
    if (const auto& child = member(node).child)
      watched.push_back({child->output_fd(), [this, node] { ReadFrom(node); }});
  }
  demo::PollOnce(watched, at_most);
}

void Cluster::ReadFrom(int node) {
  Member& m = at(node);
  const bool open = m.child->Read(m.lines);
  while (const auto line = m.lines.Next()) {
    const auto report = DecodeReport(*line);
    if (report.ok()) {
      OnReport(node, *report);
    } else {
      Fail(absl::InternalError(
          absl::StrCat(m.name, ": ", report.status().message())));
    }
  }
  if (!open) OnEnd(node);
}

void Cluster::OnEnd(int node) {
  Member& m = at(node);
  const std::string ending = m.child->Reap();
  screen_.Event(
      absl::StrCat(m.name, "  process ", m.child->pid(), " ", ending));
  const bool clean = m.end_asked == Member::End::kQuit
                         ? m.child->exit_status() == EXIT_SUCCESS
                         : m.end_asked == Member::End::kKill;
  if (!clean) {
    Fail(absl::InternalError(absl::StrCat("node ", m.name, " ", ending)));
  }
  m.child.reset();
  m.paused = false;
}

// ---- reports ----------------------------------------------------------------

namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
// clang 14 does not infer it.
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

void Cluster::OnReport(int node, const Report& report) {
  Member& m = at(node);
  m.Apply(report, MonoNs());
  const auto handlers = Overloaded{
      [&](const Opened&) {
        if (!running_) return;
        if (absl::Status s = Send(node, Run{}); !s.ok()) Fail(std::move(s));
      },
      [&](const Failed& r) {
        Fail(absl::InternalError(absl::StrCat("node ", m.name, ": ", r.why)));
      },
      [&](const RoleChanged& r) {
        screen_.Event(absl::StrFormat("%s  is %s of epoch %d: %s", m.name,
                                      r.master ? "master" : "replica", r.epoch,
                                      r.reason));
        CountPromotion(m);
      },
      [&](const StatusReport& r) {
        CountPromotion(m);
        if (!r.health.empty()) {
          Fail(absl::InternalError(
              absl::StrCat("node ", m.name, ": ", r.health)));
        }
      },
      [&](const SentinelEvent& r) {
        screen_.Event(absl::StrCat(m.name, "  ", r.name, " ", r.text));
      },
      [&](const WriteTried& r) { ledger_.Tried(r.key, r.value); },
      [&](const WriteAcknowledged& r) {
        ledger_.Acknowledged(r.key);
        gaps_.OnAcknowledged({node, m.incarnation}, r.mono_ns);
      },
      [&](const WriteRefused& r) { ledger_.Refused(r.key); },
      [](const WriteUnknown&) {
      },  // stays open in the ledger, which says just that
      [](const auto&) {},
  };
  std::visit(handlers, report);
}

void Cluster::CountPromotion(const Member& m) {
  const StatusReport& status = m.seen.status;
  if (!status.master || status.epoch <= highest_master_epoch_) return;
  highest_master_epoch_ = status.epoch;
  ++promotions_;
}

// ---- what was seen ----------------------------------------------------------

std::optional<int> Cluster::master() const {
  std::optional<int> found;
  for (int node = 0; node < size(); ++node) {
    const Member& m = member(node);
    if (!m.answers() || !m.seen.status.master) continue;
    if (!found || m.seen.status.epoch > member(*found).seen.status.epoch)
      found = node;
  }
  return found;
}

bool Cluster::InStep() const {
  const std::optional<int> leading = master();
  if (!leading) return false;
  const uint64_t epoch = member(*leading).seen.status.epoch;
  return std::all_of(members_.begin(), members_.end(), [&](const Member& m) {
    return m.answers() && m.seen.status.epoch == epoch &&
           (&m == &member(*leading) || m.seen.caught_up_epoch == epoch);
  });
}

bool Cluster::Level() const {
  return InStep() &&
         std::all_of(members_.begin(), members_.end(), [&](const Member& m) {
           return m.seen.statuses_since_halt > 0 &&
                  m.seen.status.last_index ==
                      members_[0].seen.status.last_index;
         });
}

std::vector<NodeRow> Cluster::Rows() const {
  std::vector<NodeRow> rows;
  for (const Member& m : members_) rows.push_back(m.Row());
  return rows;
}

}  // namespace vigil::demo
