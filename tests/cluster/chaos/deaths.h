// Deaths: which write below kQuorum may have gone with a process.
//
// kMemory promises that a write is in the master's memory; a moment later it is handed to
// the operating system, and from then on a SIGKILL does not take it. So a write of epoch e
// at index i may be missing without a word only if
//
//   - the process that was master of e was killed, or its disk had failed, and
//   - what the next process found on that disk ends before i, and
//   - the master never said that it had handed over i.
//
// All other writes that are missing must be in some node's file of dropped writes.
//
// Pure.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_DEATHS_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_DEATHS_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace vigil::chaos {

// One process of a node: which node, and which of its processes.
using Incarnation = std::pair<int, int>;

class Deaths {
 public:
  // It said that it is master of `epoch` and has handed over its log up to `persisted`.
  void OnMaster(Incarnation process, uint64_t epoch, uint64_t persisted) {
    Reign& reign = reigns_[epoch];
    reign.masters.insert(process);
    // Only once it has said again that it is still master: a stopped process may put the
    // old role and another log's end into one report.
    if (reign.said) reign.persisted = std::max(reign.persisted, *reign.said);
    reign.said = persisted;
  }
  // Another node named this one as the master: should it have been killed before it could
  // say so itself.
  void OnNamed(int node, uint64_t epoch) { reigns_[epoch].named.insert(node); }

  // It was killed, or ended with a disk that had failed. (Of one that ends well nothing
  // is missing.)
  void OnDeath(Incarnation process) { dead_.insert(process); }
  // This process found so much on its disk.
  void OnLoaded(Incarnation process, uint64_t log_end) {
    loaded_[process] = log_end;
  }

  bool Explains(uint64_t epoch, uint64_t index) const {
    const auto found = reigns_.find(epoch);
    if (found == reigns_.end()) return false;
    const Reign& reign = found->second;
    if (index <= reign.persisted) return false;
    if (!reign.masters.empty()) {
      return std::any_of(
          reign.masters.begin(), reign.masters.end(),
          [&](const Incarnation& master) { return Took(master, index); });
    }
    return std::any_of(
        dead_.begin(), dead_.end(), [&](const Incarnation& dead) {
          return reign.named.contains(dead.first) && Took(dead, index);
        });
  }

 private:
  struct Reign {
    std::set<Incarnation> masters;  // who said that it is
    std::set<int> named;
    std::optional<uint64_t> said;
    uint64_t persisted = 0;
  };

  bool Took(const Incarnation& process, uint64_t index) const {
    if (!dead_.contains(process)) return false;
    const auto next = loaded_.upper_bound(process);
    return next != loaded_.end() && next->first.first == process.first &&
           next->second < index;
  }

  std::map<uint64_t, Reign> reigns_;  // by epoch
  std::set<Incarnation> dead_;
  std::map<Incarnation, uint64_t> loaded_;
};

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_DEATHS_H_
