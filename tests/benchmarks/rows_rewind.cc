// A master that returns with writes that its group does not have: how long it takes to
// become one of the group again.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/member_process.h"
#include "tests/benchmarks/must.h"
#include "tests/benchmarks/replicated.h"
#include "tests/benchmarks/replication_rows.h"
#include "tests/benchmarks/workload.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {
namespace {

constexpr char kRewind[] = "rewind_1000_on_1m";
constexpr uint64_t kDropped = 1000;

using Members = std::vector<std::unique_ptr<MemberProcess>>;

// The index of the master, once the group has one whose epoch is committed.
size_t AwaitMaster(Members& members) {
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (absl::Now() < deadline) {
    for (size_t i = 0; i < members.size(); ++i) {
      if (!members[i]->runs()) continue;
      const member::Seen seen = members[i]->Look();
      if (seen.master && seen.commit_index >= seen.last_index) return i;
    }
  }
  Must(absl::DeadlineExceededError("no master"));
  return 0;
}

void AwaitLevel(Members& members, size_t master) {
  const member::Seen goal = members[master]->Look();
  for (size_t i = 0; i < members.size(); ++i) {
    if (i == master) continue;
    members[i]->Await("level replica", [&](const member::Seen& seen) {
      return seen.follows() && seen.last_index >= goal.last_index;
    });
  }
}

void Fill(MemberProcess& member, uint64_t first, uint64_t count) {
  member.Send(member::FillKeys{first, count, kValueBytes});
  member.Answer<member::Filled>();
}

// One rewind, in milliseconds. Level before and afterwards.
double Rewind(Members& members, uint64_t round) {
  const size_t old = AwaitMaster(members);
  AwaitLevel(members, old);
  for (size_t i = 0; i < members.size(); ++i) {
    if (i != old) members[i]->Kill();
  }
  Fill(*members[old], round * kDropped, kDropped);
  const uint64_t last = members[old]->Look().last_index;
  members[old]->Await("end of writing", [&](const member::Seen& seen) {
    return seen.persisted_index >= last;
  });
  members[old]->Kill();
  for (size_t i = 0; i < members.size(); ++i) {
    if (i != old) members[i]->Restart();
  }
  const size_t master = AwaitMaster(members);
  members[old]->Restart();
  const member::Seen seen = members[old]->Await(
      "rewind",
      [](const member::Seen& s) { return s.rewinds > 0 && s.follows(); });
  members[old]->Await("dropped writes", [](const member::Seen& s) {
    return s.dropped_writes == kDropped;
  });
  if (seen.full_syncs > 0) Must(absl::InternalError("a full sync"));
  AwaitLevel(members, master);
  return static_cast<double>(seen.synced_ns) / 1e6;
}

void Measure(const Settings& settings, Report& report) {
  const uint64_t keys = settings.Choose(1'000'000, 50'000);
  const TempDir dir(settings.dir);
  Members members;
  for (const member::MemberOptions& options : GroupOptions(3, dir.path())) {
    members.push_back(std::make_unique<MemberProcess>(
        options, absl::StrCat(dir.path(), "/", options.node, ".log")));
  }
  Fill(*members[AwaitMaster(members)], 0, keys);
  std::vector<double> ms;
  std::string all;
  for (int round = 0; round < settings.Choose(3, 1); ++round) {
    ms.push_back(Rewind(members, static_cast<uint64_t>(round)));
    absl::StrAppendFormat(&all, "%s%.0f", round == 0 ? "" : ", ", ms.back());
  }
  report.Add(kRewind, {.ours = Median(ms), .note = all});
}

}  // namespace

std::vector<Measurement> RewindRows() {
  const RowSpec rewind = {
      .name = kRewind,
      .unit = "ms",
      .what =
          "1,000 dropped writes among 1 M keys: from the new master's "
          "answer until the data are the group's",
      .target = {Bound::kOursAtMost, 200}};
  return {{.rows = {rewind}, .measure = Measure}};
}

}  // namespace vigil::bench
