// Outbox: where the parts of the core put their actions, in the order of
// execution.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_OUTBOX_H_
#define VIGIL_SENTINEL_OUTBOX_H_

#include <string>
#include <utility>
#include <vector>

#include "sentinel/options.h"
#include "sentinel/step.h"
#include "sentinel/topology.h"

namespace vigil::sentinel {

class Outbox {
 public:
  explicit Outbox(const Options& options)
      : group_(options.group),
        name_(options.name),
        id_(options.id),
        options_(options.shared_options) {}

  void AskFor(const Instance& to, uint64_t round, Question::Body body,
              absl::Duration timeout) {
    AskAt(to.name, to.address, round, std::move(body), timeout);
  }
  void AskAt(const std::string& name, const std::string& address,
             uint64_t round, Question::Body body, absl::Duration timeout) {
    actions_.push_back(Ask{name,
                           address,
                           round,
                           {group_, name_, id_, std::move(body), options_},
                           timeout});
  }
  void Announce(std::string name, std::string text) {
    actions_.push_back(sentinel::Announce{{std::move(name), std::move(text)}});
  }
  void Save(std::string bytes) {
    actions_.push_back(SaveState{std::move(bytes)});
  }
  void Add(Action action) { actions_.push_back(std::move(action)); }

  std::vector<Action> Take() { return std::exchange(actions_, {}); }

 private:
  std::string group_;
  std::string name_;
  NodeId id_;
  replication::SharedOptions options_;
  std::vector<Action> actions_;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_OUTBOX_H_
