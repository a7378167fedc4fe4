// Scope: how large a group, and how often each thing may happen to it. The
// search is exhaustive inside it.
#ifndef VIGIL_TESTS_MODEL_SCOPE_H_
#define VIGIL_TESTS_MODEL_SCOPE_H_

#include <array>
#include <span>
#include <string_view>

#include "tests/model/state.h"
#include "tests/model/step.h"

namespace vigil::model {

inline constexpr int kTargets = 4;

struct Scope {
  std::string_view name;
  std::string_view what;
  int nodes = 3;            // newcomers included
  Members members = 0b111;  // who begins as a member
  int epochs = 3;           // the first one included
  bool rivals = false;      // two leaders for each number above 1
  bool bootstrap = false;   // nobody has anything; else node A is master of 1
  bool full_syncs = false;  // of memory-only members, in two steps
  bool fsync = false;       // what is durable is told from what is held
  // Not our design but Raft's: a change is one record, and F a majority.
  bool raft_changes = false;
  bool progress = false;  // a state without a way on is a violation
  Budget budget;
  // Memberships that a change may lead to; 0 ends the list.
  std::array<Members, kTargets> targets{};
  // The search begins after these.
  std::span<const Step> prefix{};

  // No membership tells these nodes apart.
  bool Alike(int a, int b) const;
  int NumberOf(Epoch epoch) const { return rivals ? epoch / 2 + 1 : epoch; }
};

std::span<const Scope> Scopes();

// nullptr: there is none of that name.
const Scope* FindScope(std::string_view name);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_SCOPE_H_
