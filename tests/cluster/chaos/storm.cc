#include "tests/cluster/chaos/storm.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/data_set.h"

namespace vigil::chaos {
namespace {

// From the end of the last fault until all are in step. TCP alone may wait for several
// seconds before it tries again, and a sentinel's attempts back off up to ten.
constexpr absl::Duration kRecovery = absl::Seconds(60);
constexpr absl::Duration kLevel = absl::Seconds(20);

}  // namespace

Storm::Storm(Group& group, Network& network, Tally& tally, uint64_t seed,
             const StormOptions& options,
             std::function<void(const std::string&)> say)
    : group_(group),
      network_(network),
      tally_(tally),
      options_(options),
      random_(seed),
      faults_(group, network, tally, random_, options.longest),
      say_(std::move(say)) {
  tally_.equal = true;
}

absl::Status Storm::Run() {
  kinds_ = faults_.Kinds();
  const std::vector<std::string>& wanted = options_.kinds;
  std::erase_if(kinds_, [&](const std::string& kind) {
    return !wanted.empty() &&
           std::find(wanted.begin(), wanted.end(), kind) == wanted.end();
  });
  if (kinds_.empty())
    return absl::UnavailableError("none of these faults is possible here");
  for (int node = 0; node < group_.size(); ++node) {
    if (absl::Status s = group_.Start(node); !s.ok()) return s;
  }
  if (absl::Status s = AwaitInStep(); !s.ok()) return s;
  if (absl::Status s = group_.SetRunning(true); !s.ok()) return s;

  const absl::Time begin = absl::Now();
  absl::Time check_at = begin + options_.check_period;
  while (absl::Now() - begin < options_.time &&
         tally_.failovers() < options_.failovers) {
    const std::string kind = NextKind();
    say_(absl::StrCat(kind, ": ", group_.Describe()));
    if (absl::Status s = faults_.Play(kind); !s.ok()) return s;
    // Sometimes the next one comes at once.
    if (random_() % 3 != 0) {
      if (absl::Status s = AwaitInStep(); !s.ok()) return s;
      if (absl::Status s = group_.Pass(absl::Milliseconds(random_() % 1000));
          !s.ok())
        return s;
    }
    if (absl::Now() < check_at) continue;
    if (absl::Status s = Check(); !s.ok()) return s;
    if (absl::Status s = group_.SetRunning(true); !s.ok()) return s;
    check_at = absl::Now() + options_.check_period;
  }
  tally_.seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  return Check();
}

std::string Storm::NextKind() {
  if (left_.empty()) {
    left_ = kinds_;
    std::shuffle(left_.begin(), left_.end(), random_);
  }
  std::string kind = std::move(left_.back());
  left_.pop_back();
  return kind;
}

absl::Status Storm::AwaitInStep() {
  const absl::Time begin = absl::Now();
  std::vector<std::pair<int, uint64_t>> before;  // incarnation, writes
  for (int node = 0; node < group_.size(); ++node) {
    const Peer& peer = group_.at(node);
    before.emplace_back(peer.incarnation, peer.by_quorum);
  }
  absl::Status in_step =
      group_.Await("group in step", kRecovery, [&] { return group_.InStep(); });
  if (!in_step.ok()) return in_step;
  const absl::Duration linked = absl::Now() - begin;
  if (group_.running()) {
    absl::Status served = group_.Await("service on all nodes", kRecovery, [&] {
      for (int node = 0; node < group_.size(); ++node) {
        const Peer& peer = group_.at(node);
        if (std::pair(peer.incarnation, peer.by_quorum) <=
            before[static_cast<size_t>(node)])
          return false;
      }
      return true;
    });
    if (!served.ok()) return served;
  }
  const absl::Duration all = absl::Now() - begin;
  if (all > absl::Seconds(3)) {
    say_(absl::StrCat("in step after ", absl::FormatDuration(linked),
                      ", in service after ", absl::FormatDuration(all)));
  }
  tally_.recovery_seconds_max =
      std::max(tally_.recovery_seconds_max, absl::ToDoubleSeconds(all));
  return absl::OkStatus();
}

// ---- the check --------------------------------------------------------------

absl::Status Storm::Check() {
  if (absl::Status s = AwaitInStep(); !s.ok()) return s;
  if (absl::Status s = group_.SetRunning(false); !s.ok()) return s;
  absl::Status level =
      group_.Await("level group", kLevel, [&] { return group_.Level(); });
  if (!level.ok()) return level;
  std::vector<Dropped> dropped;
  if (absl::Status s = AwaitDropped(dropped); !s.ok()) return s;
  std::vector<Present> data;
  if (absl::Status s = CompareData(data); !s.ok()) return s;
  tally_.balance = group_.accounts().Check(data, dropped, group_.deaths());
  ++tally_.checks;
  const Balance& b = tally_.balance;
  say_(absl::StrCat("checked: ", b.acknowledged, " acknowledged, ", b.lost,
                    " lost, ", b.reported, " reported as dropped, ", b.measured,
                    " measured, ", b.gone_with_process,
                    " gone with a process, ", data.size(), " keys"));
  return b.holds() && tally_.equal ? absl::OkStatus()
                                   : absl::DataLossError("the check failed");
}

absl::Status Storm::AwaitDropped(std::vector<Dropped>& dropped) {
  std::set<Group::ToldWrite> in_files;
  absl::Status pending;  // why it is not certain
  const auto read = [&] {
    dropped.clear();
    in_files.clear();
    for (int node = 0; node < group_.size(); ++node) {
      const auto of_node = ReadDropped(group_.at(node), node);
      pending = of_node.status();
      if (!pending.ok()) return false;
      for (const Dropped& d : *of_node)
        in_files.emplace(d.node, d.key, d.value, d.epoch, d.index);
      dropped.insert(dropped.end(), of_node->begin(), of_node->end());
    }
    return std::includes(group_.told().begin(), group_.told().end(),
                         in_files.begin(), in_files.end());
  };
  absl::Status status =
      group_.Await("word of all dropped writes", kLevel, read);
  if (!status.ok()) {
    return absl::Status(
        status.code(),
        absl::StrCat(std::string(status.message()), "; ", pending.ToString(),
                     "; in files ", in_files.size(), ", told ",
                     group_.told().size()));
  }
  for (const auto& told : group_.told()) {
    if (in_files.contains(told)) continue;
    tally_.wrong.push_back(
        absl::StrCat("node ", group_.at(std::get<0>(told)).name, " told of ",
                     std::get<1>(told), " and has it in no file"));
  }
  return absl::OkStatus();
}

absl::Status Storm::CompareData(std::vector<Present>& data) {
  for (int node = 0; node < group_.size(); ++node) {
    Peer& peer = group_.at(node);
    peer.dumped = false;
    if (absl::Status s = group_.Send(node, Dump{peer.dump_path()}); !s.ok())
      return s;
  }
  absl::Status dumped = group_.Await("dump", kRecovery, [&] {
    for (int node = 0; node < group_.size(); ++node) {
      if (!group_.at(node).dumped) return false;
    }
    return true;
  });
  if (!dumped.ok()) return dumped;
  const std::string first = group_.at(0).dump_path();
  for (int node = 1; node < group_.size(); ++node) {
    const auto difference =
        demo::FirstDifference(first, group_.at(node).dump_path());
    if (!difference.ok()) return difference.status();
    if (difference->empty()) continue;
    tally_.equal = false;
    tally_.wrong.push_back(absl::StrCat(group_.at(0).name, " and ",
                                        group_.at(node).name,
                                        " differ: ", *difference));
  }
  return demo::ReadDataSet(first, [&](const demo::DataSetEntry& entry) {
    data.push_back({entry.key, entry.value, entry.version});
  });
}

}  // namespace vigil::chaos
