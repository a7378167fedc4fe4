#include "examples/three_node_demo/scenario.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "examples/three_node_demo/comparison.h"

namespace vigil::demo {
namespace {

// Far above what each should take on a busy machine: these are for what never
// comes.
constexpr absl::Duration kProcessTimeout = absl::Seconds(30);  // start, or end
constexpr absl::Duration kMasterTimeout = absl::Seconds(30);
constexpr absl::Duration kLoadTimeout = absl::Minutes(10);
constexpr absl::Duration kRejoinTimeout = absl::Seconds(60);
constexpr absl::Duration kLevelTimeout = absl::Seconds(30);
constexpr absl::Duration kDumpTimeout = absl::Minutes(5);

bool StopsTheMaster(Fault fault) { return fault != Fault::kReplica; }

}  // namespace

Scenario::Scenario(const DemoOptions& options, Cluster& cluster, Screen& screen)
    : options_(options),
      cluster_(cluster),
      screen_(screen),
      random_(options.seed) {}

absl::Duration Scenario::Between(absl::Duration low, absl::Duration high) {
  const int64_t span = absl::ToInt64Microseconds(high - low) + 1;
  return low + absl::Microseconds(static_cast<int64_t>(
                   random_() % static_cast<uint64_t>(span)));
}

absl::Status Scenario::AwaitAll(
    const std::string& what, absl::Duration timeout,
    const std::function<bool(const Member&)>& done) {
  return cluster_.Await(what, timeout, [&] {
    for (int node = 0; node < cluster_.size(); ++node) {
      if (!done(cluster_.member(node))) return false;
    }
    return true;
  });
}

absl::Status Scenario::AwaitMaster() {
  return cluster_.Await("master", kMasterTimeout,
                        [&] { return cluster_.master().has_value(); });
}

absl::Status Scenario::AwaitInStep() {
  return cluster_.Await("group with all nodes in step", kRejoinTimeout,
                        [&] { return cluster_.InStep(); });
}

// ---- from nothing to a running load -----------------------------------------

absl::Status Scenario::Begin() {
  screen_.Headline(
      absl::StrFormat("%d nodes start with empty directories (seed %d)",
                      cluster_.size(), options_.seed));
  for (int node = 0; node < cluster_.size(); ++node) {
    if (absl::Status s = cluster_.Start(node); !s.ok()) return s;
  }
  if (absl::Status s = AwaitAll("opened nodes", kProcessTimeout,
                                [](const Member& m) { return m.seen.opened; });
      !s.ok()) {
    return s;
  }
  if (absl::Status s = LoadInput(); !s.ok()) return s;
  if (absl::Status s = AwaitInStep(); !s.ok()) return s;
  return cluster_.SetRunning(true);
}

absl::Status Scenario::LoadInput() {
  // A failover in the middle is unlikely, but no reason to give up.
  for (;;) {
    if (absl::Status s = AwaitMaster(); !s.ok()) return s;
    const absl::StatusOr<bool> loaded = LoadAtMaster();
    if (!loaded.ok()) return loaded.status();
    if (*loaded) return absl::OkStatus();
    if (absl::Status s = cluster_.Pass(absl::Milliseconds(500)); !s.ok())
      return s;
  }
}

absl::StatusOr<bool> Scenario::LoadAtMaster() {
  const int node = *cluster_.master();
  const Member& member = cluster_.member(node);
  screen_.Headline(
      absl::StrCat("the master, ", member.name, ", loads ",
                   options_.input.empty() ? "nothing" : options_.input));
  if (absl::Status s = cluster_.LoadInput(node); !s.ok()) return s;
  if (absl::Status s = cluster_.Await(
          "end of the load", kLoadTimeout,
          [&] { return member.seen.loaded || member.seen.load_failed; });
      !s.ok()) {
    return s;
  }
  if (member.seen.loaded) {
    screen_.Event(absl::StrCat(member.name, "  loaded ",
                               member.seen.loaded->records,
                               " records, each held by a majority"));
    return true;
  }
  const LoadFailed& failed = *member.seen.load_failed;
  screen_.Event(absl::StrCat(member.name, "  ", failed.why));
  if (failed.retry) return false;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot load: ", failed.why));
}

// ---- rounds -----------------------------------------------------------------

absl::Status Scenario::PlayRounds() {
  for (int round = 1; round <= options_.rounds; ++round) {
    screen_.Headline(
        absl::StrFormat("round %d of %d: all is well", round, options_.rounds));
    const absl::Duration time =
        Between(options_.round_time, options_.round_time * 1.2);
    if (absl::Status s = cluster_.Pass(time); !s.ok()) return s;
    if (absl::Status s = PlayRound(round); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status Scenario::PlayRound(int round) {
  if (absl::Status s = AwaitMaster(); !s.ok()) return s;
  const std::vector<int> victims = ChooseVictims();
  const std::string names =
      absl::StrJoin(victims, " and ", [&](std::string* out, int node) {
        absl::StrAppend(out, cluster_.member(node).name);
      });
  const auto headline = [&](const char* what) {
    screen_.Headline(absl::StrFormat("round %d of %d: %s %s", round,
                                     options_.rounds, names, what));
  };
  headline(options_.fault == Fault::kPause ? "paused" : "killed");
  if (absl::Status s = Strike(victims); !s.ok()) return s;

  const int left = cluster_.size() - static_cast<int>(victims.size());
  if (left > cluster_.size() / 2) {
    if (absl::Status s = AwaitRecovery(); !s.ok()) return s;
  }
  // Long enough for the rest to notice, and for those who are away to miss
  // something.
  const absl::Duration away =
      Between(options_.down_after, options_.down_after * 2);
  if (absl::Status s = cluster_.Pass(away); !s.ok()) return s;

  headline(options_.fault == Fault::kPause ? "resumed" : "started again");
  if (absl::Status s = BringBack(victims); !s.ok()) return s;
  if (absl::Status s = AwaitRecovery(); !s.ok()) return s;
  return AwaitInStep();
}

std::vector<int> Scenario::ChooseVictims() {
  const int master = *cluster_.master();
  std::vector<int> replicas;
  for (int node = 0; node < cluster_.size(); ++node) {
    if (node != master) replicas.push_back(node);
  }
  const int replica = replicas[random_() % replicas.size()];
  switch (options_.fault) {
    case Fault::kKill:
    case Fault::kPause:
      return {master};
    case Fault::kReplica:
      return {replica};
    case Fault::kTwo:
      return {master, replica};
    case Fault::kAll:
      replicas.insert(replicas.begin(), master);
      return replicas;
  }
  return {};
}

absl::Status Scenario::Strike(const std::vector<int>& victims) {
  cluster_.MarkFault(victims);
  for (const int node : victims) {
    if (options_.fault == Fault::kPause) {
      cluster_.Pause(node);
    } else {
      cluster_.Kill(node);
    }
  }
  if (options_.fault == Fault::kPause) return absl::OkStatus();
  return AwaitAll("end of a killed process", kProcessTimeout,
                  [](const Member& m) { return !m.ending(); });
}

absl::Status Scenario::BringBack(const std::vector<int>& victims) {
  for (const int node : victims) {
    if (options_.fault == Fault::kPause) {
      cluster_.Resume(node);
    } else if (absl::Status s = cluster_.Start(node); !s.ok()) {
      return s;
    }
  }
  return absl::OkStatus();
}

absl::Status Scenario::AwaitRecovery() {
  return cluster_.Await("acknowledged write after the fault",
                        kMasterTimeout + 10 * options_.down_after,
                        [&] { return cluster_.gaps().recovered(); });
}

// ---- the end ----------------------------------------------------------------

absl::StatusOr<Outcome> Scenario::End() {
  if (absl::Status s = BringEveryoneBack(); !s.ok()) return s;
  screen_.Headline("the load ends");
  if (absl::Status s = cluster_.SetRunning(false); !s.ok()) return s;
  if (absl::Status s =
          cluster_.Await("group with all nodes at the same index",
                         kLevelTimeout, [&] { return cluster_.Level(); });
      !s.ok()) {
    return s;
  }
  screen_.Headline("every node reads all that it holds");
  for (int node = 0; node < cluster_.size(); ++node) {
    const Dump dump{cluster_.member(node).dump_path()};
    if (absl::Status s = cluster_.Send(node, dump); !s.ok()) return s;
  }
  if (absl::Status s = AwaitAll("dumps of all nodes", kDumpTimeout,
                                [](const Member& m) { return m.seen.dumped; });
      !s.ok()) {
    return s;
  }
  auto outcome = Conclude();
  if (!outcome.ok()) return outcome;
  if (absl::Status s = CloseEveryone(); !s.ok()) return s;
  return outcome;
}

absl::Status Scenario::BringEveryoneBack() {
  if (absl::Status s = AwaitAll("end of all killed processes", kProcessTimeout,
                                [](const Member& m) { return !m.ending(); });
      !s.ok()) {
    return s;
  }
  for (int node = 0; node < cluster_.size(); ++node) {
    if (cluster_.member(node).paused) cluster_.Resume(node);
    if (cluster_.member(node).child != nullptr) continue;
    if (absl::Status s = cluster_.Start(node); !s.ok()) return s;
  }
  return AwaitInStep();
}

absl::Status Scenario::CloseEveryone() {
  screen_.Headline("the nodes close");
  screen_.Finish(cluster_.Rows());
  for (int node = 0; node < cluster_.size(); ++node) {
    if (absl::Status s = cluster_.Quit(node); !s.ok()) return s;
  }
  return AwaitAll("end of all processes", kProcessTimeout,
                  [](const Member& m) { return m.child == nullptr; });
}

absl::StatusOr<Outcome> Scenario::Conclude() {
  Outcome outcome{.acknowledged = cluster_.ledger().acknowledged(),
                  .unknown = cluster_.ledger().unknown(),
                  .failovers = cluster_.promotions() - 1,
                  .gaps_ms = cluster_.gaps().gaps_ms(),
                  .seed = options_.seed};
  if (!options_.interactive && StopsTheMaster(options_.fault)) {
    outcome.failovers_expected = options_.rounds;
  }
  std::vector<double> medians;
  for (int node = 0; node < cluster_.size(); ++node) {
    const StatusReport& status = cluster_.member(node).seen.status;
    outcome.epoch = std::max(outcome.epoch, status.epoch);
    outcome.keys = std::max(outcome.keys, status.keys);
    if (status.get_ns_median > 0) {
      medians.push_back(static_cast<double>(status.get_ns_median));
    }
  }
  outcome.get_ns_median = static_cast<uint64_t>(Median(medians));

  std::vector<DumpedNode> nodes;
  for (int node = 0; node < cluster_.size(); ++node) {
    nodes.push_back(
        {cluster_.member(node).name, cluster_.member(node).dump_path()});
  }
  auto comparison = Compare(cluster_.ledger(), nodes);
  if (!comparison.ok()) return comparison.status();
  outcome.lost = comparison->lost;
  outcome.unexpected = comparison->unexpected;
  outcome.data_equal = comparison->equal;
  outcome.details = std::move(comparison->details);
  return outcome;
}

}  // namespace vigil::demo
