// HeldBy: which members ever held a record, and synced it: the witness of what an
// acknowledgement says (kQuorum: C members hold it; kQuorumDurable: C have synced it).
//
// Ever: a power cut may have taken it again before the answer came. So a member that is
// formed again has to have what it held and a quorum acknowledged (invariant 6).
#ifndef VIGIL_TESTS_SIMULATION_HELD_BY_H_
#define VIGIL_TESTS_SIMULATION_HELD_BY_H_

#include <bit>
#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "replication/position.h"

namespace vigil::simulation {

class HeldBy {
 public:
  // `quorum`: C.
  explicit HeldBy(int quorum) : quorum_(quorum) {}

  void OnHeld(int machine, const Position& at) {
    holders_[at].held |= Bit(machine);
  }
  void OnSynced(int machine, const Position& at) {
    holders_[at].synced |= Bit(machine);
  }
  bool Held(int machine, const Position& at) const {
    const auto it = holders_.find(at);
    return it != holders_.end() && (it->second.held & Bit(machine)) != 0;
  }

  // Something is told as committed in `epoch`: its first record is.
  std::string OnEpochCommitted(const Epoch& epoch) const {
    const auto first = holders_.lower_bound({epoch, 0});
    int have = 0;
    if (first != holders_.end() && first->first.epoch == epoch)
      have = std::popcount(first->second.held);
    if (have >= quorum_) return {};
    return absl::StrCat("3: told as committed in epoch ", ToString(epoch),
                        ", whose first record ", have, " members hold");
  }

  std::string OnAcked(const Position& at, bool durable) const {
    const auto it = holders_.find(at);
    const Holders holders = it == holders_.end() ? Holders{} : it->second;
    const int have = std::popcount(durable ? holders.synced : holders.held);
    if (have >= quorum_) return {};
    return absl::StrCat("3: acknowledged, and only ", have, " members ",
                        durable ? "have synced " : "hold ", ToString(at));
  }

 private:
  struct Holders {
    uint32_t held = 0;
    uint32_t synced = 0;
  };
  static uint32_t Bit(int machine) { return uint32_t{1} << machine; }

  const int quorum_;
  std::map<Position, Holders> holders_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_HELD_BY_H_
