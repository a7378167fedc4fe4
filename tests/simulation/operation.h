// Operation, ReadOperation: what a client asked for, and what came of it.
#ifndef VIGIL_TESTS_SIMULATION_OPERATION_H_
#define VIGIL_TESTS_SIMULATION_OPERATION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/clock.h"
#include "replication/position.h"
#include "vigil/operation.h"

namespace vigil::simulation {

struct Operation {
  enum class Kind {
    kSet,
    kCompareAndSet,
    kAdd,
    kAppend,
    kIncrement,
    kTransfer
  };
  Kind kind = Kind::kSet;
  int machine = 0;  // where it was done
  std::string key;
  std::string value;                // written, or appended
  std::optional<uint64_t> version;  // that it demanded
  Ack ack;
  MonoTime invoked;

  // Of what was applied; an index of 0: nothing was.
  Lineage lineage;
  Position at;
  int64_t integer = 0;  // that kIncrement answered
  uint64_t size = 0;    // that kAppend answered

  bool acked = false;  // else its outcome is unknown
  MonoTime answered;

  bool of_quorum() const {
    return acked && (ack == Ack::kQuorum || ack == Ack::kQuorumDurable);
  }
};

// A linearizable read, through any node.
struct ReadOperation {
  int machine = 0;
  std::string key;
  MonoTime invoked;

  // What it saw, and the wall clock of the node then: it hides what has expired.
  std::optional<std::string> value;
  uint64_t version = 0;
  WallTime wall;

  bool answered = false;
  MonoTime at;        // when
  Position position;  // of the last record that it reflects
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_OPERATION_H_
