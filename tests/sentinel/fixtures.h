// Short words for what the unit tests of the sentinel's parts need.
#ifndef VIGIL_TESTS_SENTINEL_FIXTURES_H_
#define VIGIL_TESTS_SENTINEL_FIXTURES_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sentinel/options.h"
#include "sentinel/outbox.h"
#include "sentinel/topology.h"

namespace vigil::sentinel {

inline MonoTime At(int64_t ms) { return MonoTime{} + absl::Milliseconds(ms); }

// a, b, ... have the ids 10, 11, ... and the ports 7001, 7002, ...
inline NodeId IdOf(const std::string& name) {
  return {static_cast<uint64_t>(name[0] - 'a') + 10};
}
inline std::string AddressOf(const std::string& name) {
  return "127.0.0.1:700" + std::to_string(name[0] - 'a' + 1);
}

inline replication::Configuration Names(const std::vector<std::string>& names) {
  replication::Configuration configuration;
  for (const std::string& name : names) {
    configuration.members.push_back({name, AddressOf(name), {}});
  }
  return configuration;
}
inline replication::Configuration Recorded(
    const std::vector<std::string>& names) {
  replication::Configuration configuration = Names(names);
  configuration.version = 1;
  for (replication::Member& member : configuration.members) {
    member.id = IdOf(member.name);
  }
  return configuration;
}

inline Options OptionsFor(const std::string& name,
                          const std::vector<std::string>& names = {"a", "b",
                                                                   "c"}) {
  return {.group = "g",
          .name = name,
          .id = IdOf(name),
          .members = Names(names).members,
          .quorum = static_cast<int>(names.size()) / 2 + 1,
          .down_after = absl::Milliseconds(500),
          .failover_timeout = absl::Seconds(10),
          .shared_options = {{"databases", "16"}}};
}

// A member that is empty: of a group that has not been formed.
inline replication::MemberView Empty(const std::string& name) {
  return {.name = name,
          .address = AddressOf(name),
          .id = IdOf(name),
          .exact = true,
          .nonce = 1};
}

// A formed replica of a group of a, b, c (or `names`), at `position`.
inline replication::MemberView Formed(const std::string& name,
                                      Position position,
                                      const std::vector<std::string>& names = {
                                          "a", "b", "c"}) {
  replication::MemberView view = Empty(name);
  view.lineage = {77};
  view.promise = position.epoch;
  view.position = position;
  view.history_epoch = position.epoch;
  view.formed = true;
  view.configuration = Recorded(names);
  return view;
}

inline replication::MemberView Master(const std::string& name, Epoch epoch,
                                      uint64_t index = 5) {
  replication::MemberView view = Formed(name, {epoch, index});
  view.role = replication::Role::kMaster;
  view.epoch = epoch;
  view.master = name;
  return view;
}

// The actions of one kind, in order.
template <typename T>
std::vector<T> Only(const std::vector<Action>& actions) {
  std::vector<T> found;
  for (const Action& action : actions) {
    if (const T* one = std::get_if<T>(&action)) found.push_back(*one);
  }
  return found;
}

// "+sdown replica b 127.0.0.1 7002", ...
inline std::vector<std::string> Lines(const std::vector<Action>& actions) {
  std::vector<std::string> lines;
  for (const Announce& said : Only<Announce>(actions)) {
    lines.push_back(said.event.name + " " + said.event.text);
  }
  return lines;
}

}  // namespace vigil::sentinel

#endif  // VIGIL_TESTS_SENTINEL_FIXTURES_H_
