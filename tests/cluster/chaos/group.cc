#include "tests/cluster/chaos/group.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/mono_ns.h"

namespace vigil::chaos {
namespace {

// A writer's time-out, a disk's on the way, and a busy machine.
constexpr absl::Duration kHaltTimeout = absl::Seconds(30);
constexpr absl::Duration kEndTimeout = absl::Seconds(30);

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
// clang 14 does not infer it.
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

Group::Group(std::string program, std::vector<Peer> peers, NodeOptions common,
             Network& network, Tally& tally)
    : program_(std::move(program)),
      peers_(std::move(peers)),
      common_(std::move(common)),
      network_(network),
      tally_(tally) {}

// ---- processes --------------------------------------------------------------

absl::Status Group::Start(int node) {
  Peer& peer = at(node);
  NodeOptions options = common_;
  options.node = peer.name;
  options.data_dir = peer.data_dir();
  options.incarnation = peer.incarnation + 1;
  return network_.In(node, [&] {
    auto child =
        demo::Child::Spawn(program_, ToArguments(options), peer.log_path());
    if (child.ok()) peer.Begin(*std::move(child));
    return child.status();
  });
}

absl::Status Group::Kill(int node) {
  if (at(node).child == nullptr) return absl::OkStatus();
  at(node).end_asked = Peer::End::kKill;
  at(node).child->Kill();
  return AwaitEnd(node);
}

absl::Status Group::Quit(int node) {
  at(node).end_asked = Peer::End::kQuit;
  if (absl::Status s = Send(node, chaos::Quit{}); !s.ok()) return s;
  return AwaitEnd(node);
}

absl::Status Group::AwaitEnd(int node) {
  return Await(absl::StrCat("end of ", at(node).name), kEndTimeout,
               [&] { return at(node).child == nullptr; });
}

void Group::Pause(int node) {
  at(node).paused = true;
  if (at(node).child) at(node).child->Pause();
}

void Group::Resume(int node) {
  at(node).paused = false;
  if (at(node).child) at(node).child->Resume();
}

// ---- commands ---------------------------------------------------------------

absl::Status Group::Send(int node, const Command& command) {
  Peer& peer = at(node);
  if (!peer.child) return absl::UnavailableError(peer.name + " is down");
  return peer.child->Write(Encode(command));
}

absl::Status Group::SetRunning(bool running) {
  running_ = running;
  const Command command = running ? Command(Run{}) : Command(Halt{});
  for (int node = 0; node < size(); ++node) {
    at(node).halted = false;
    if (!at(node).answers()) continue;
    if (absl::Status s = Send(node, command); !s.ok()) return s;
  }
  if (running) return absl::OkStatus();
  return Await("end of all writes", kHaltTimeout, [&] {
    return std::all_of(peers_.begin(), peers_.end(), [](const Peer& peer) {
      return peer.halted || !peer.answers();
    });
  });
}

// ---- waiting ----------------------------------------------------------------

absl::Status Group::Await(const std::string& what, absl::Duration timeout,
                          const std::function<bool()>& done) {
  const int64_t deadline = demo::MonoNs() + absl::ToInt64Nanoseconds(timeout);
  for (;;) {
    if (!failure_.ok()) return failure_;
    if (done()) return absl::OkStatus();
    const absl::Duration left = absl::Nanoseconds(deadline - demo::MonoNs());
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(
          absl::StrCat("no ", what, " within ", absl::FormatDuration(timeout),
                       ": ", Describe()));
    }
    PollOnce(left);
  }
}

absl::Status Group::Pass(absl::Duration time) {
  const absl::Status status = Await("", time, [] { return false; });
  return failure_.ok() ? absl::OkStatus() : status;
}

void Group::Watch(int fd, std::function<void()> on_readable) {
  watched_.push_back({fd, std::move(on_readable)});
}

void Group::Cancel(const std::string& why) { Fail(absl::CancelledError(why)); }

void Group::Fail(absl::Status why) {
  if (failure_.ok()) failure_ = std::move(why);
}

void Group::PollOnce(absl::Duration at_most) {
  std::vector<demo::Watched> watched = watched_;
  for (int node = 0; node < size(); ++node) {
    if (const auto& child = at(node).child)
      watched.push_back({child->output_fd(), [this, node] { ReadFrom(node); }});
  }
  demo::PollOnce(watched, at_most);
}

void Group::ReadFrom(int node) {
  Peer& peer = at(node);
  const bool open = peer.child->Read(peer.lines);
  while (const auto line = peer.lines.Next()) {
    const auto report = DecodeReport(*line);
    if (report.ok()) {
      OnReport(node, *report);
    } else {
      Fail(absl::InternalError(
          absl::StrCat(peer.name, ": ", report.status().ToString())));
    }
  }
  if (!open) OnEnd(node);
}

void Group::OnEnd(int node) {
  Peer& peer = at(node);
  const std::string ending = peer.child->Reap();
  const bool asked = peer.end_asked == Peer::End::kQuit
                         ? peer.child->exit_status() == EXIT_SUCCESS
                         : peer.end_asked == Peer::End::kKill;
  if (!asked) {
    Fail(absl::InternalError(
        absl::StrCat("node ", peer.name, " ", ending, " by itself")));
  }
  if (peer.end_asked != Peer::End::kQuit || peer.unwell)
    deaths_.OnDeath({node, peer.incarnation});
  peer.child.reset();
  peer.paused = false;
}

// ---- reports ----------------------------------------------------------------

void Group::OnSeen(int node, const Seen& seen) {
  Peer& peer = at(node);
  tally_.full_syncs += seen.full_syncs - peer.seen.full_syncs;
  tally_.rewinds += seen.rewinds - peer.seen.rewinds;
  tally_.epochs = std::max(tally_.epochs, seen.epoch);
  peer.seen = seen;
  peer.unwell = peer.unwell || !seen.health.empty();
  if (seen.master) {
    tally_.mastered.insert(seen.epoch);
    deaths_.OnMaster({node, peer.incarnation}, seen.epoch,
                     seen.persisted_index);
    return;
  }
  for (int other = 0; other < size(); ++other) {
    if (at(other).name == seen.master_name) deaths_.OnNamed(other, seen.epoch);
  }
}

void Group::OnReport(int node, const Report& report) {
  Peer& peer = at(node);
  const auto handlers = Overloaded{
      [&](const Loaded& r) {
        deaths_.OnLoaded({node, peer.incarnation}, r.log_end);
      },
      [&](const Opened&) {
        peer.opened = true;
        if (!running_) return;
        if (absl::Status s = Send(node, Run{}); !s.ok()) Fail(std::move(s));
      },
      [&](const Failed& r) {
        Fail(
            absl::InternalError(absl::StrCat("node ", peer.name, ": ", r.why)));
      },
      [&](const Seen& r) { OnSeen(node, r); },
      [&](const Tried& r) {
        accounts_.OnTried(r.key, r.number, static_cast<Promise>(r.promise));
      },
      [&](const Answered& r) {
        const auto outcome = static_cast<Outcome>(r.outcome);
        accounts_.OnAnswered(r.key, r.number, outcome, r.epoch, r.index);
        peer.by_quorum += outcome == Outcome::kAcknowledged &&
                          IsByQuorum(static_cast<Promise>(r.promise));
      },
      [&](const Read& r) { tally_.reads += r.reads; },
      [&](const Stale& r) {
        ++tally_.stale;
        tally_.wrong.push_back(absl::StrCat("node ", peer.name, ": ", r.what));
      },
      [&](const Told& r) {
        told_.emplace(node, r.key, r.value, r.epoch, r.index);
      },
      [&](const Untold& r) {
        tally_.untold += r.records;
        tally_.wrong.push_back(absl::StrCat("node ", peer.name,
                                            " could not tell ", r.records,
                                            " records that it dropped"));
      },
      [&](const Flooded&) { peer.flooding = false; },
      [&](const Halted&) { peer.halted = true; },
      [&](const Dumped&) { peer.dumped = true; },
  };
  std::visit(handlers, report);
}

// ---- what was seen ----------------------------------------------------------

std::optional<int> Group::master() const {
  std::optional<int> found;
  for (int node = 0; node < size(); ++node) {
    const Peer& peer = at(node);
    if (!peer.answers() || !peer.seen.master) continue;
    if (!found || peer.seen.epoch > at(*found).seen.epoch) found = node;
  }
  return found;
}

bool Group::InStep() const {
  const std::optional<int> leading = master();
  if (!leading) return false;
  const Peer& master = at(*leading);
  return std::all_of(peers_.begin(), peers_.end(), [&](const Peer& peer) {
    if (!peer.answers() || peer.unwell) return false;
    if (peer.seen.epoch != master.seen.epoch) return false;
    return &peer == &master ||
           (!peer.seen.master && peer.seen.linked && !peer.seen.syncing &&
            peer.seen.master_name == master.name);
  });
}

bool Group::Level() const {
  return InStep() &&
         std::all_of(peers_.begin(), peers_.end(), [&](const Peer& peer) {
           return peer.seen.last_index == peers_[0].seen.last_index &&
                  peer.seen.commit_index == peer.seen.last_index;
         });
}

std::string Group::Describe() const {
  std::string text;
  for (const Peer& peer : peers_) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", peer.name, " ");
    if (!peer.answers()) {
      absl::StrAppend(&text, peer.child == nullptr ? "is down"
                             : peer.paused         ? "is stopped"
                                                   : "is opening");
      continue;
    }
    const Seen& s = peer.seen;
    absl::StrAppend(&text, s.master ? "master" : "replica", " of epoch ",
                    s.epoch, " (", s.master_name, ") at ", s.last_index,
                    ", commit ", s.commit_index, s.linked ? ", linked" : "",
                    s.syncing ? ", syncing" : "");
    if (!s.health.empty()) absl::StrAppend(&text, ", ", s.health);
    if (!s.trouble.empty()) absl::StrAppend(&text, ", ", s.trouble);
  }
  return text;
}

}  // namespace vigil::chaos
