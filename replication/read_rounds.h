// ReadRounds: how a master makes sure, for a read, that it still is one.
//
//   a read arrives ─▶ a round begins: its number goes out to every replica
//                     each echoes it, if its promise is exactly this epoch
//                     C members, itself included ─▶ the read may see the log up to
//                                                   where it was when the read arrived
//
// No newer master can have acknowledged a write before the read arrived: it would have
// fenced F members by then, one of them among these C, which would not have echoed. One
// round serves all reads that wait for it, and a read never joins a round that began
// before it (Raft's thesis, section 6.4; etcd's ReadIndex).
//
// Pure. Thread-compatible.
#ifndef VIGIL_REPLICATION_READ_ROUNDS_H_
#define VIGIL_REPLICATION_READ_ROUNDS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "replication/action.h"
#include "replication/configuration.h"

namespace vigil::replication {

// Whose read: the stream of a replica, or this node's own.
inline constexpr LinkId kOwnReads = 0;

class ReadRounds {
 public:
  struct Answer {
    LinkId reader = kOwnReads;
    uint64_t read = 0;  // answers the reader's reads up to this number
    uint64_t index = 0;
  };

  // `self` is the master.
  ReadRounds(const Configuration& configuration, NodeId self)
      : self_(self), configuration_(configuration) {}

  // Rounds that are under way need its quorum, too.
  void SetConfiguration(const Configuration& configuration) {
    configuration_ = configuration;
  }

  // Reads of `reader` up to the number `read` have arrived, and the log ends at `last`.
  // Returns the round that begins now, or 0 if they have been asked for before.
  uint64_t Ask(LinkId reader, uint64_t read, uint64_t last);
  // A formed replica has read `round` in this epoch. It counts if it is a member.
  void OnEcho(NodeId from, uint64_t round);
  // Its stream is gone.
  void Forget(LinkId reader);

  // Those that may go on now.
  std::vector<Answer> TakeConfirmed();

 private:
  struct Pending {
    Answer answer;
    uint64_t round = 0;
  };
  uint64_t Confirmed() const;

  const NodeId self_;
  Configuration configuration_;
  uint64_t round_ = 0;  // the last one that has begun
  std::map<NodeId, uint64_t> echoed_;
  std::map<LinkId, uint64_t> asked_;
  // In the order of their rounds; of each reader at most two: one for the round under
  // way, and one for what has arrived since.
  std::deque<Pending> pending_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_READ_ROUNDS_H_
