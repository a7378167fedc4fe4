#include "tests/model/scope.h"

#include <algorithm>

namespace vigil::model {
namespace {

// Two masters, and a change that the older one could not commit.
constexpr Step kTwoMastersOfFour[] = {
    {.action = Action::kAppendFinal, .member = 0, .epoch = 1, .number = 0},
    {.action = Action::kFence, .member = 1, .epoch = 2},
    {.action = Action::kFence, .member = 2, .epoch = 2},
    {.action = Action::kFence, .member = 3, .epoch = 2},
    {.action = Action::kSendPromote, .member = 1, .epoch = 2, .number = 0b1110},
    {.action = Action::kPromote, .member = 1, .epoch = 2},
};

constexpr Scope kScopes[] = {
    {.name = "pair",
     .what = "two members; a kill and two power cuts",
     .nodes = 2,
     .members = 0b11,
     .progress = true,
     .budget = {.writes = 1, .kills = 1, .power_cuts = 2}},
    {.name = "three",
     .what = "three members, two writes, no fault but lost messages",
     .budget = {.writes = 2}},
    {.name = "three_kill",
     .what = "three members, a kill",
     .budget = {.writes = 1, .kills = 1}},
    {.name = "three_power",
     .what = "three members, a power cut",
     .progress = true,
     .budget = {.writes = 1, .power_cuts = 1}},
    {.name = "three_wipe",
     .what = "three members, one is wiped",
     .progress = true,
     .budget = {.writes = 1, .wipes = 1}},
    {.name = "three_epochs",
     .what = "three members, four epochs",
     .epochs = 4,
     .budget = {.writes = 1}},
    {.name = "four",
     .what = "four members, two writes, no fault but lost messages",
     .nodes = 4,
     .members = 0b1111,
     .budget = {.writes = 2}},
    {.name = "four_power",
     .what = "four members, a power cut, two epochs",
     .nodes = 4,
     .members = 0b1111,
     .epochs = 2,
     .progress = true,
     .budget = {.writes = 1, .power_cuts = 1}},
    {.name = "rivals_pair",
     .what = "two members, two leaders for each of two numbers",
     .nodes = 2,
     .members = 0b11,
     .epochs = 5,
     .rivals = true,
     .budget = {.writes = 1}},
    {.name = "rivals_three",
     .what = "three members, two leaders for one number",
     .rivals = true,
     .budget = {.writes = 1}},
    {.name = "rivals_four",
     .what = "four members, two leaders for one number",
     .nodes = 4,
     .members = 0b1111,
     .rivals = true,
     .budget = {.writes = 1}},
    {.name = "bootstrap",
     .what = "three members with nothing at all; a power cut",
     .bootstrap = true,
     .progress = true,
     .budget = {.power_cuts = 1}},
    {.name = "blackout",
     .what = "three members, all lose power; fsync and kQuorumDurable",
     .epochs = 2,
     .fsync = true,
     .progress = true,
     .budget = {.power_cuts = 3}},
    {.name = "full_sync",
     .what = "three members that hold in memory only",
     .full_syncs = true,
     .progress = true,
     .budget = {.writes = 1}},
    {.name = "newcomer",
     .what = "three members, one is wiped; a fourth node is no member",
     .nodes = 4,
     .epochs = 2,
     .progress = true,
     .budget = {.writes = 1, .wipes = 1}},
    {.name = "reads",
     .what = "three members, one read",
     .budget = {.writes = 1, .reads = 1}},
    {.name = "grow_pair",
     .what = "two members become three",
     .nodes = 3,
     .members = 0b011,
     .budget = {.writes = 1, .changes = 1},
     .targets = {0b111}},
    {.name = "grow_pair_power",
     .what = "two members become three, a power cut, two epochs",
     .nodes = 3,
     .members = 0b011,
     .epochs = 2,
     .budget = {.writes = 1, .changes = 1, .power_cuts = 1},
     .targets = {0b111}},
    {.name = "shrink_three",
     .what = "three members become two",
     .budget = {.writes = 1, .changes = 1},
     .targets = {0b011}},
    {.name = "grow_three",
     .what = "three members become four, two epochs",
     .nodes = 4,
     .members = 0b0111,
     .epochs = 2,
     .budget = {.writes = 1, .changes = 1},
     .targets = {0b1111}},
    {.name = "shrink_four",
     .what = "four members become three, two epochs",
     .nodes = 4,
     .members = 0b1111,
     .epochs = 2,
     .budget = {.writes = 1, .changes = 1},
     .targets = {0b0111}},
    {.name = "replace",
     .what = "three members, one wiped and replaced by a fourth node",
     .nodes = 4,
     .members = 0b0111,
     .epochs = 2,
     .budget = {.writes = 1, .changes = 1, .wipes = 1},
     .targets = {0b1011}},
    {.name = "replace_pair",
     .what = "two members, one wiped and replaced",
     .nodes = 3,
     .members = 0b011,
     .epochs = 2,
     .budget = {.writes = 1, .changes = 1, .wipes = 1},
     .targets = {0b101}},
    {.name = "two_changes",
     .what = "two members become four",
     .nodes = 4,
     .members = 0b0011,
     .epochs = 2,
     .budget = {.writes = 1, .changes = 2},
     .targets = {0b0111, 0b1111}},
    {.name = "raft_changes",
     .what = "four members, changes as in Raft, two masters to begin with",
     .nodes = 4,
     .members = 0b1111,
     .raft_changes = true,
     .budget = {.changes = 2},
     .targets = {0b1101, 0b1110},
     .prefix = kTwoMastersOfFour},
};

bool BothOrNeither(Members set, int a, int b) {
  return (set >> a & 1) == (set >> b & 1);
}

}  // namespace

bool Scope::Alike(int a, int b) const {
  return BothOrNeither(members, a, b) &&
         std::all_of(targets.begin(), targets.end(), [&](Members target) {
           return BothOrNeither(target, a, b);
         });
}

std::span<const Scope> Scopes() { return kScopes; }

const Scope* FindScope(std::string_view name) {
  for (const Scope& scope : kScopes) {
    if (scope.name == name) return &scope;
  }
  return nullptr;
}

}  // namespace vigil::model
