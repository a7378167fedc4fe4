// What the tests of the cores share: a group of members "a", "b", "c", ...,
// epochs and histories in few words, and a look into lists of actions.
#ifndef VIGIL_TESTS_REPLICATION_CORE_TEST_VALUES_H_
#define VIGIL_TESTS_REPLICATION_CORE_TEST_VALUES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "replication/action.h"
#include "replication/configuration.h"
#include "replication/member_state.h"
#include "replication/position.h"

namespace vigil::replication {

inline constexpr NodeId kLeader{0xAA};
inline constexpr Lineage kLineage{0x11};

inline NodeId IdOf(std::string_view name) {
  return NodeId{static_cast<uint64_t>(name[0] - 'a' + 1)};
}

inline Epoch E(uint64_t number, NodeId leader = kLeader) {
  return {number, leader};
}

// {{1, 1}, {3, 120}}: epoch 1 from index 1, epoch 3 from index 120.
inline History H(const std::vector<std::pair<uint64_t, uint64_t>>& entries) {
  std::vector<History::Entry> all;
  for (const auto& [number, first] : entries) all.push_back({E(number), first});
  return History(std::move(all));
}

// Members "a", "b", ... as the log has recorded them.
inline Configuration Group(int n) {
  Configuration group{.version = 1};
  for (int i = 0; i < n; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    group.members.push_back({name, name + ":1", IdOf(name)});
  }
  return group;
}

// A formed member of a group of three with this history and promise.
inline MemberState Formed(const std::string& name, const History& history,
                          const Epoch& promise) {
  return {.group = "g",
          .name = name,
          .id = IdOf(name),
          .lineage = kLineage,
          .promise = promise,
          .history = history,
          .configurations = Group(3),
          .formed = true};
}

// A member that has never been part of anything.
inline MemberState Fresh(const std::string& name) {
  Configuration names = Group(3);
  names.version = 0;
  for (Member& member : names.members) member.id = NodeId{};
  return {
      .group = "g", .name = name, .id = IdOf(name), .configurations = names};
}

inline MonoTime At(int64_t ms) { return MonoTime{} + absl::Milliseconds(ms); }

// The first action of this kind, or null.
template <typename T>
const T* Find(const Actions& actions) {
  for (const Action& action : actions) {
    if (const T* found = std::get_if<T>(&action)) return found;
  }
  return nullptr;
}

template <typename T>
int Count(const Actions& actions) {
  int count = 0;
  for (const Action& action : actions)
    count += std::holds_alternative<T>(action);
  return count;
}

// Whether there is an A, and it comes before the first B.
template <typename A, typename B>
bool Precedes(const Actions& actions) {
  for (const Action& action : actions) {
    if (std::holds_alternative<A>(action)) return Find<B>(actions) != nullptr;
    if (std::holds_alternative<B>(action)) return false;
  }
  return false;
}

}  // namespace vigil::replication

#endif  // VIGIL_TESTS_REPLICATION_CORE_TEST_VALUES_H_
