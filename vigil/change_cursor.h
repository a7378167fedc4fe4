// ChangeCursor: where a subscriber stands in the log, and whether that is still a place
// in this node's log.
//
// Equal (epoch, index) means equal prefix (replication/position.h), so a position is on
// the log if the history has its index under its epoch. A gap is always a safe answer:
// it costs the subscriber a look at the keys.
//
// Pure, thread-compatible.
#ifndef VIGIL_CHANGE_CURSOR_H_
#define VIGIL_CHANGE_CURSOR_H_

#include <cstdint>
#include <optional>

#include "replication/log_facts.h"
#include "replication/position.h"
#include "vigil/change.h"

namespace vigil {

class ChangeCursor {
 public:
  explicit ChangeCursor(const Position& after) : position_(after) {}

  // To be called before each read: a look at a log that ends at `last`. If the position
  // is not on it, moves to its end and returns what is missed.
  std::optional<ChangeGap> Settle(const replication::LogFacts& facts,
                                  uint64_t last);

  // Everything up to `index` was read.
  void Advance(uint64_t index, const History& history) {
    position_ = history.PositionAt(index);
  }
  // What comes before `first` cannot be read. REQUIRES: first > next().
  ChangeGap SkipTo(uint64_t first, const History& history);

  uint64_t next() const { return position_.index + 1; }
  LogPosition position() const;

 private:
  Position position_;
  // The log on which it was found last.
  std::optional<uint64_t> generation_;
};

// The two forms of a position.
Position ToPosition(const LogPosition& position);
LogPosition ToLogPosition(const Position& position);

}  // namespace vigil

#endif  // VIGIL_CHANGE_CURSOR_H_
