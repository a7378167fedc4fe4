// A client that keeps writing, without waiting for anybody, to a master that is cut off
// and returns: how long it is listened to, and what becomes of what it was told.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/benchmarks/member_process.h"
#include "tests/benchmarks/must.h"
#include "tests/benchmarks/replicated.h"
#include "tests/benchmarks/replication_rows.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/cluster/chaos/namespaces.h"
#include "tests/cluster/chaos/sandbox.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {
namespace {

constexpr char kAccepts[] = "client_writes_during_cut";
constexpr char kAfter[] = "client_writes_after_return";
constexpr char kUnreported[] = "client_writes_during_cut_unreported";
constexpr int kMembers = 3;
// The default of isolation_timeout: writes of any Ack are to end as soon.
constexpr absl::Duration kIsolation = absl::Milliseconds(500);
// What min_replicas_max_lag leaves for that: it is looked at twice a heartbeat.
constexpr absl::Duration kHeartbeat = absl::Milliseconds(100);

void Pass(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

absl::StatusOr<std::unique_ptr<chaos::Network>> MakeNetwork(
    const std::string& folder) {
  if (absl::Status s = chaos::EnterSandbox(); !s.ok()) return s;
  return chaos::Namespaces::Make(kMembers, folder);
}

void Measure(const Settings& settings, Report& report) {
  const TempDir dir(settings.dir);
  const auto network = MakeNetwork(dir.path());
  if (!network.ok()) {
    for (const char* row : {kAccepts, kAfter, kUnreported})
      report.LeaveOut(row, std::string(network.status().message()));
    return;
  }

  std::vector<member::MemberOptions> options =
      GroupOptions(kMembers, dir.path());
  std::string list;
  for (int i = 0; i < kMembers; ++i) {
    absl::StrAppend(&list, i == 0 ? "" : ",",
                    options[static_cast<size_t>(i)].node, "=",
                    (*network)->AddressOf(i));
  }
  std::vector<std::unique_ptr<MemberProcess>> members;
  for (int i = 0; i < kMembers; ++i) {
    member::MemberOptions& own = options[static_cast<size_t>(i)];
    own.members = list;
    own.min_replicas = 1;
    own.min_replicas_max_lag = kIsolation - kHeartbeat;
    // A returned master is to refuse, not to ask another one.
    own.keeps_writes = true;
    Must((*network)->In(i, [&] {
      members.push_back(std::make_unique<MemberProcess>(
          own, absl::StrCat(dir.path(), "/", own.node, ".log")));
      return absl::OkStatus();
    }));
  }
  MemberProcess& cut = *members[0];  // the one with the best priority
  cut.Await("master", [](const member::Seen& s) { return s.master; });
  for (size_t i = 1; i < members.size(); ++i) {
    members[i]->Await("replica",
                      [](const member::Seen& s) { return s.follows(); });
  }

  cut.Send(member::Write{.pause_us = 1000});
  Pass(2);
  const int64_t cut_at = MonoNs();
  Must((*network)->Unplug(0));
  Pass(settings.Choose(10, 4));
  const int64_t healed_at = MonoNs();
  Must((*network)->Heal());
  cut.Await("return", [](const member::Seen& s) { return s.follows(); });
  // It is still written to; and what is lost is told when the group has something newer.
  Pass(settings.Choose(5, 2));
  cut.Send(member::TellWritten{.after_ns = healed_at});
  const auto written = cut.Answer<member::Written>();

  const double ms = static_cast<double>(written.last_before_ns - cut_at) / 1e6;
  report.Add(kAccepts,
             {.ours = ms,
              .note = absl::StrFormat("%d accepted, %d handed back, %d refused",
                                      written.accepted, written.handed_back,
                                      written.refused)});
  report.Add(kAfter, {.ours = static_cast<double>(written.accepted_after)});
  report.Add(kUnreported, {.ours = static_cast<double>(written.missing)});
}

}  // namespace

std::vector<Measurement> CutRows() {
  const RowSpec accepts = {
      .name = kAccepts,
      .unit = "ms",
      .what =
          "a master that is cut off accepts kMemory writes no longer, "
          "min_replicas_to_write 1, "
          "min_replicas_max_lag 0.4 s",
      .target = {Bound::kOursAtMost, absl::ToDoubleMilliseconds(kIsolation)}};
  const RowSpec after = {.name = kAfter,
                         .unit = "writes",
                         .what = "the same: accepted by it after its return",
                         .target = {Bound::kOursAtMost, 0}};
  const RowSpec unreported = {
      .name = kUnreported,
      .unit = "writes",
      .what = "the same: accepted by it, not in the group, and not handed back",
      .target = {Bound::kOursAtMost, 0}};
  return {{.rows = {accepts, after, unreported}, .measure = Measure}};
}

}  // namespace vigil::bench
