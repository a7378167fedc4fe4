#include "tests/cluster/chaos/faults.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil::chaos {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(100);
// How long a fault waits for what it wants to hit. Not to be met is no error: the fault
// is not counted then.
constexpr absl::Duration kPatience = absl::Seconds(10);

// More than a log holds, twice.
constexpr uint64_t kFloodWrites = 2 * kLogBytes / kFloodBytes;

bool TimedOut(const absl::Status& status) {
  return absl::IsDeadlineExceeded(status);
}

}  // namespace

Faults::Faults(Group& group, Network& network, Tally& tally,
               std::mt19937_64& random, absl::Duration longest)
    : group_(group),
      network_(network),
      tally_(tally),
      random_(random),
      longest_(longest) {}

const std::vector<Faults::Kind>& Faults::Catalogue() {
  static const std::vector<Kind> kinds = {
      {"kill", Needs::kProcesses, &Faults::Killed},
      {"kill_two", Needs::kProcesses, &Faults::TwoKilled},
      {"kill_all", Needs::kProcesses, &Faults::AllKilled},
      {"pause", Needs::kProcesses, &Faults::Paused},
      {"restart", Needs::kProcesses, &Faults::Restarted},
      {"kill_in_full_sync", Needs::kProcesses, &Faults::KilledInFullSync},
      {"isolate", Needs::kNetwork, &Faults::Isolated},
      {"cut_one_way", Needs::kNetwork, &Faults::CutOneWay},
      {"cut_between_two", Needs::kNetwork, &Faults::CutBetweenTwo},
      {"loss", Needs::kNetwork, &Faults::Lossy},
      {"reset", Needs::kNetwork, &Faults::Refused},
      {"slow_link", Needs::kNetwork, &Faults::Slowed},
      {"unplug", Needs::kNetwork, &Faults::Unplugged},
      {"kill_in_rewind", Needs::kNetwork, &Faults::KilledInRewind},
      {"full_disk", Needs::kDisk, &Faults::FullDisk},
  };
  return kinds;
}

std::vector<std::string> Faults::AllKinds() {
  std::vector<std::string> names;
  for (const Kind& kind : Catalogue()) names.push_back(kind.name);
  return names;
}

std::vector<std::string> Faults::Kinds() const {
  std::vector<std::string> names;
  for (const Kind& kind : Catalogue()) {
    if (kind.needs == Needs::kNetwork && !network_.has_faults()) continue;
    if (kind.needs == Needs::kDisk && !group_.at(0).disk->can_be_full())
      continue;
    names.push_back(kind.name);
  }
  return names;
}

absl::Status Faults::Play(const std::string& name) {
  const auto kind = std::find_if(Catalogue().begin(), Catalogue().end(),
                                 [&](const Kind& k) { return k.name == name; });
  absl::Status played = (this->*kind->play)();
  if (!played.ok()) return played;
  return network_.Heal();
}

// ---- chance -----------------------------------------------------------------

absl::Duration Faults::Within(absl::Duration from, absl::Duration to) {
  return from +
         absl::Milliseconds(
             Below(static_cast<int>(absl::ToInt64Milliseconds(to - from)) + 1));
}

int Faults::Somebody() {
  const int any = Below(group_.size());
  return Below(2) == 0 ? group_.master().value_or(any) : any;
}

int Faults::Another(int node) {
  return (node + 1 + Below(group_.size() - 1)) % group_.size();
}

std::vector<int> Faults::Others(int node) const {
  std::vector<int> others;
  for (int other = 0; other < group_.size(); ++other) {
    if (other != node) others.push_back(other);
  }
  return others;
}

absl::Status Faults::Hold(absl::Duration at_most) {
  const absl::Duration time = Within(kShort, at_most);
  if (Below(4) != 0) return group_.Pass(time);
  if (absl::Status s = group_.Pass(time / 2); !s.ok()) return s;
  if (absl::Status s = Killed(); !s.ok()) return s;
  return group_.Pass(time / 2);
}

// ---- processes --------------------------------------------------------------

absl::Status Faults::KillAll(const std::vector<int>& nodes,
                             absl::Duration down) {
  for (const int node : nodes) {
    if (absl::Status s = group_.Kill(node); !s.ok()) return s;
  }
  if (absl::Status s = group_.Pass(down); !s.ok()) return s;
  for (const int node : nodes) {
    if (absl::Status s = group_.Start(node); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status Faults::Killed() {
  Count("kill");
  return KillAll({Somebody()}, Within(absl::ZeroDuration(), longest_ / 2));
}

absl::Status Faults::TwoKilled() {
  Count("kill_two");
  return KillAll(Others(Below(group_.size())),
                 Within(absl::ZeroDuration(), longest_ / 2));
}

absl::Status Faults::AllKilled() {
  Count("kill_all");
  return KillAll(Others(-1), Within(absl::ZeroDuration(), longest_ / 4));
}

absl::Status Faults::Paused() {
  Count("pause");
  const int node = Somebody();
  group_.Pause(node);
  if (absl::Status s = group_.Pass(Within(kShort, longest_)); !s.ok()) return s;
  group_.Resume(node);
  return absl::OkStatus();
}

absl::Status Faults::Restarted() {
  Count("restart");
  const int node = Somebody();
  if (!group_.at(node).answers()) return absl::OkStatus();
  if (absl::Status s = group_.Quit(node); !s.ok()) return s;
  if (absl::Status s = group_.Pass(Within(absl::ZeroDuration(), longest_ / 2));
      !s.ok())
    return s;
  return group_.Start(node);
}

// ---- network ----------------------------------------------------------------

absl::Status Faults::Isolate(int node) {
  for (const int other : Others(node)) {
    for (absl::Status s :
         {network_.Cut(node, other), network_.Cut(other, node)}) {
      if (!s.ok()) return s;
    }
  }
  return absl::OkStatus();
}

absl::Status Faults::Isolated() {
  Count("isolate");
  if (absl::Status s = Isolate(Somebody()); !s.ok()) return s;
  return Hold(longest_);
}

absl::Status Faults::CutOneWay() {
  Count("cut_one_way");
  const int node = Somebody();
  const bool deaf = Below(2) == 0;  // else nobody hears it
  std::vector<int> peers = Others(node);
  if (Below(2) == 0) peers = {Another(node)};
  for (const int other : peers) {
    absl::Status s =
        deaf ? network_.Cut(other, node) : network_.Cut(node, other);
    if (!s.ok()) return s;
  }
  return Hold(longest_);
}

absl::Status Faults::CutBetweenTwo() {
  Count("cut_between_two");
  const int node = Somebody();
  const int other = Another(node);
  for (absl::Status s :
       {network_.Cut(node, other), network_.Cut(other, node)}) {
    if (!s.ok()) return s;
  }
  return Hold(longest_);
}

absl::Status Faults::Lossy() {
  Count("loss");
  for (const int node : Others(Below(group_.size() + 1))) {
    if (absl::Status s = network_.Lose(node, 2 + Below(30)); !s.ok()) return s;
  }
  return Hold(longest_);
}

absl::Status Faults::Refused() {
  Count("reset");
  if (absl::Status s = network_.Reset(Somebody()); !s.ok()) return s;
  return Hold(longest_);
}

absl::Status Faults::Slowed() {
  Count("slow_link");
  absl::Status s = network_.Slow(Somebody(), 64 << Below(6));
  if (!s.ok()) return s;
  return Hold(longest_);
}

absl::Status Faults::Unplugged() {
  Count("unplug");
  if (absl::Status s = network_.Unplug(Somebody()); !s.ok()) return s;
  return Hold(longest_);
}

// ---- disk -------------------------------------------------------------------

absl::Status Faults::FullDisk() {
  Count("full_disk");
  const int node = Somebody();
  Peer& peer = group_.at(node);
  if (absl::Status s = peer.disk->Fill(); !s.ok()) return s;
  if (absl::Status s = group_.Pass(Within(kShort, longest_)); !s.ok()) return s;
  if (absl::Status s = peer.disk->Empty(); !s.ok()) return s;
  // A storage that has failed stays so until its node is opened again.
  if (Below(2) == 0 || !peer.answers()) return KillAll({node}, kShort);
  if (absl::Status s = group_.Quit(node); !s.ok()) return s;
  return group_.Start(node);
}

// ---- in the middle of taking over -------------------------------------------

absl::Status Faults::KillWhileSyncing(int node, const char* kind) {
  const Peer& peer = group_.at(node);
  const auto taken = [&] { return peer.seen.full_syncs + peer.seen.rewinds; };
  const uint64_t before = taken();
  bool syncing = false;
  absl::Status met = group_.Await("sync", kPatience, [&] {
    syncing = peer.answers() && peer.seen.syncing;
    return syncing || taken() != before;
  });
  if (TimedOut(met)) return absl::OkStatus();
  if (!met.ok() || !syncing) return met;
  const absl::Duration into = Within(absl::ZeroDuration(), 3 * kShort);
  if (absl::Status s = group_.Pass(into); !s.ok()) return s;
  if (peer.seen.syncing) Count(kind);
  // Sometimes it is the master from whom it takes.
  const int victim = Below(4) == 0 ? group_.master().value_or(node) : node;
  return KillAll({victim}, Within(absl::ZeroDuration(), 3 * kShort));
}

absl::Status Faults::KilledInFullSync() {
  const auto in_step = [&] { return group_.InStep(); };
  absl::Status ready = group_.Await("group in step", kPatience, in_step);
  if (TimedOut(ready)) return absl::OkStatus();
  if (!ready.ok()) return ready;
  const int master = *group_.master();
  const int node = Another(master);
  if (absl::Status s = group_.Kill(node); !s.ok()) return s;
  group_.at(master).flooding = true;
  if (absl::Status s = group_.Send(master, Flood{kFloodWrites}); !s.ok())
    return s;
  absl::Status flooded = group_.Await(
      "end of a flood", kPatience, [&] { return !group_.at(master).flooding; });
  if (!flooded.ok() && !TimedOut(flooded)) return flooded;
  // The log is cut behind the checkpoint.
  if (absl::Status s = group_.Pass(absl::Seconds(1)); !s.ok()) return s;
  if (network_.has_faults()) {
    absl::Status s = network_.Slow(master, 10'000);
    if (!s.ok()) return s;
  }
  if (absl::Status s = group_.Start(node); !s.ok()) return s;
  return KillWhileSyncing(node, "kill_in_full_sync");
}

absl::Status Faults::KilledInRewind() {
  const std::optional<int> master = group_.master();
  if (!master) return absl::OkStatus();
  if (absl::Status s = Isolate(*master); !s.ok()) return s;
  // It writes on alone, until the others have another one.
  absl::Status gone = group_.Await("another master", kPatience, [&] {
    return group_.master().value_or(*master) != *master;
  });
  if (!gone.ok() && !TimedOut(gone)) return gone;
  if (absl::Status s = network_.Heal(); !s.ok()) return s;
  for (int node = 0; node < group_.size(); ++node) {
    if (absl::Status s = network_.Slow(node, 2000); !s.ok()) return s;
  }
  return KillWhileSyncing(*master, "kill_in_rewind");
}

}  // namespace vigil::chaos
