// ToldAfterDisk: a promise, a vote and a history entry are on disk before anyone learns
// of them, and are never forgotten (invariant 9 of protocol.md). One vote per number.
#ifndef VIGIL_TESTS_SIMULATION_TOLD_AFTER_DISK_H_
#define VIGIL_TESTS_SIMULATION_TOLD_AFTER_DISK_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "replication/member_state.h"
#include "sentinel/persistent_state.h"

namespace vigil::simulation {

class ToldAfterDisk {
 public:
  // The member says, in one way or other, that its state is `told`; the disk has `disk`.
  std::string OnTold(const replication::MemberState& told, bool is_master,
                     const std::string& disk) {
    const auto kept = replication::DecodeMemberState(disk);
    if (!kept.ok()) return "9: the member's state on disk is none";
    if (kept->promise < told.promise)
      return absl::StrCat("9: promise ", ToString(told.promise),
                          " is told and not on disk");
    if (is_master && kept->history.last_epoch() != told.history.last_epoch())
      return "9: an epoch is told and not on disk";
    Epoch& highest = promised_[told.id];
    highest = std::max(highest, told.promise);
    return {};
  }
  std::string OnStarted(const replication::MemberState& state) {
    const auto told = promised_.find(state.id);
    if (told == promised_.end() || state.promise >= told->second) return {};
    return absl::StrCat("9: promise ", ToString(told->second),
                        " was told and is forgotten");
  }

  std::string OnVote(NodeId voter, uint64_t number, NodeId candidate,
                     const std::string& disk) {
    const auto [vote, first] =
        votes_.emplace(std::pair(voter, number), candidate);
    if (!first && vote->second != candidate)
      return absl::StrCat("9: a second vote in epoch ", number);
    const auto kept = sentinel::DecodePersistentState(disk);
    if (!kept.ok() || kept->vote.number < number)
      return absl::StrCat("9: a vote in epoch ", number,
                          " is told and not on disk");
    return {};
  }

 private:
  std::map<NodeId, Epoch> promised_;
  std::map<std::pair<NodeId, uint64_t>, NodeId> votes_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_TOLD_AFTER_DISK_H_
