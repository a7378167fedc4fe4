// Unreplicated: what a master's epoch has appended and not committed yet; that is, what
// a failover at this moment could lose.
//
//   log     ... 40 | 41 42 43 | 44 45 46 47 | 48
//                  └ commit   └ pieces: where the log ended when it was looked at,
//                               how many bytes it had then, and since when
//
// Records are exact. Bytes and age are at least what they are, and too much by no more
// than a piece: what was appended between two looks. However long nothing is
// committed, the pieces are few; then they get longer.
//
// Pure. Time: told. Thread-compatible.
#ifndef VIGIL_REPLICATION_UNREPLICATED_H_
#define VIGIL_REPLICATION_UNREPLICATED_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "engine/base/clock.h"

namespace vigil::replication {

// Where it begins. What writers have appended since is unreplicated.
struct UnreplicatedFrom {
  uint64_t index = 0;  // of the last record before
  uint64_t bytes = 0;  // of all records of writers up to there, or of fewer
  // When the first one was seen; the infinite future: there is none.
  MonoTime since = MonoTime::InfiniteFuture();
  friend bool operator==(const UnreplicatedFrom&,
                         const UnreplicatedFrom&) = default;
};

class Unreplicated {
 public:
  // Of an epoch that begins after `index`.
  Unreplicated(uint64_t index, uint64_t bytes);

  // The log ends at `last` now. `bytes` as in UnreplicatedFrom.
  void OnAppended(uint64_t last, uint64_t bytes, MonoTime now);
  void OnCommitted(uint64_t commit);

  const UnreplicatedFrom& from() const { return from_; }
  size_t pieces() const { return pieces_.size(); }

 private:
  struct Piece {
    uint64_t last = 0;
    uint64_t bytes = 0;  // up to there
    MonoTime since;
  };
  void Halve();

  UnreplicatedFrom from_;
  uint64_t looks_max_ = 1;  // of a piece
  uint64_t looks_in_last_ = 0;
  std::deque<Piece> pieces_;  // in the order of the log
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_UNREPLICATED_H_
