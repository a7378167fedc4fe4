// LogTree: every record that any node ever had, by position, and what the data is there.
//
//   (1) ─ e1 ─ a ─ b ─ c ─ d          what a cut off master wrote
//                   └─ e2 ─ f ─ g     what the group went on with
//
// Holds invariant 2 of protocol.md (two nodes with the same position hold the same prefix)
// while it learns, and says for any position what keys, values and versions a node there
// must have.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_LOG_TREE_H_
#define VIGIL_TESTS_SIMULATION_LOG_TREE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/record.h"
#include "replication/position.h"

namespace vigil::simulation {

// What one node has of the tree.
struct Branch {
  Lineage lineage;
  History history;
  uint64_t last = 0;

  bool Holds(const Position& at) const {
    return at.index <= last && history.EpochAt(at.index) == at.epoch;
  }
};

struct Value {
  std::string value;
  uint64_t version = 0;
  int64_t expires_ms = 0;
  friend bool operator==(const Value&, const Value&) = default;
};
using Content = std::map<std::string, Value>;

class LogTree {
 public:
  // Each returns what is wrong; empty: nothing.
  // The records of `engine` from `first` on, which are of `branch`.
  std::string Learn(const engine::Engine& engine, const Branch& branch,
                    uint64_t first);
  // Likewise with all that the log still holds, and the data that goes with it.
  std::string Compare(const engine::Engine& engine, const Branch& branch,
                      WallTime wall);

  // The record's bytes; nullptr: nobody ever had it.
  const std::string* Find(const Lineage& lineage, const Position& at) const;
  Content ContentAt(const Branch& branch) const;
  // Calls visit(record) with all records of the branch, in their order.
  template <typename Visit>
  void ForEach(const Branch& branch, Visit visit) const {
    for (const size_t i : PathTo(branch)) {
      std::string_view bytes = records_[i].bytes;
      const auto record = engine::DecodeRecord(bytes);
      if (record.ok()) visit(records_[i].at, *record);
    }
  }
  size_t size() const { return records_.size(); }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  struct Record {
    Position at;
    size_t before = kNone;
    std::string bytes;
  };
  std::optional<size_t> IndexOf(const Lineage& lineage,
                                const Position& at) const;
  std::vector<size_t> PathTo(const Branch& branch) const;

  std::vector<Record> records_;
  std::map<std::pair<Lineage, Position>, size_t> index_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_LOG_TREE_H_
