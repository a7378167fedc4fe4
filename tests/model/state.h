// State: the whole of a modelled group, as a value of 264 bytes.
//
// What is in flight is part of it. Answers, Promotes, welcomes and the streams
// of the masters are never taken away: that is loss (nobody looks), delay,
// duplication and reordering at once. Whatever refers to a member stands in
// that member, so that a permutation of `members` is the same state with other
// names, and Sort makes one of them all.
#ifndef VIGIL_TESTS_MODEL_STATE_H_
#define VIGIL_TESTS_MODEL_STATE_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "tests/model/log.h"

namespace vigil::model {

inline constexpr int kMembers = 4;
using Members = uint8_t;  // a set: bit i is member i

enum class Violation : uint8_t {
  kNone,
  kTwoMasters,      // invariant 1
  kTwoContents,     // invariant 2
  kLostWrite,       // invariant 3, and 4 for what a read has shown
  kStaleRead,       // invariant 4
  kUnformedMaster,  // invariant 6
  kSecondLineage,   // an empty member leads although another one has data
  kNoWayOn,         // progress.h: a state from which the group cannot go on
};

// One member and one epoch: what they have to do with each other.
struct Dealings {
  // With its leader. The answer to Fence; `stale`: the member has restarted
  // since, so that it has another nonce.
  Position answered_at;
  // What its Promote, if one was sent to this member, says of the position.
  Position promote_at;
  uint8_t answered : 1 = 0;
  uint8_t answered_formed : 1 = 0;
  uint8_t answered_exact : 1 = 0;
  uint8_t answer_stale : 1 = 0;
  uint8_t promote : 1 = 0;
  uint8_t promote_all : 1 = 0;  // by the rule of all members
  uint8_t promote_stale : 1 = 0;
  uint8_t unused : 1 = 0;
  // With its master. Acknowledged up to here, while it is master.
  uint8_t acked = 0;
  // Where its log ended when it read this start's nonce; 0: it has not.
  uint8_t formed_at = 0;
};

struct Member {
  Log log;
  std::array<Dealings, kEpochs + 1> with{};  // by epoch; [0] is unused
  Epoch promise = 0;
  Epoch master = 0;     // of this epoch; 0: replica
  uint8_t begun = 0;    // set of epochs: entries of its own in its history
  uint8_t held = 0;     // as master: handed to the operating system up to here
  uint8_t durable = 0;  // fsynced up to here
  Position kept;        // fuzzy: the last exact position
  uint8_t formed : 1 = 0;
  uint8_t fuzzy : 1 = 0;      // in the middle of a full sync, in memory only
  uint8_t gone : 1 = 0;       // wiped: what comes back is a newcomer
  uint8_t reader : 1 = 0;     // the master that a read waits at
  uint8_t confirmed : 1 = 0;  // has answered the read's round
  uint8_t unused : 3 = 0;
  uint8_t padding[3] = {};

  Position position() const { return fuzzy ? kept : log.LastPosition(); }
  bool HasBegun(Epoch epoch) const { return begun >> epoch & 1; }
};

// How often each of these may still happen.
struct Budget {
  uint8_t writes = 0;
  uint8_t changes = 0;
  uint8_t kills = 0;
  uint8_t power_cuts = 0;
  uint8_t wipes = 0;
  uint8_t reads = 0;
};

struct State {
  std::array<Member, kMembers> members{};
  // All that the master of an epoch has ever appended: any prefix of it is
  // deliverable for ever.
  std::array<Log, kEpochs + 1> streams{};
  // Up to where it was acknowledged at kQuorum, or read; at kQuorumDurable.
  std::array<uint8_t, kEpochs + 1> committed{};
  std::array<uint8_t, kEpochs + 1> durably{};
  Budget left;
  Position read_must_see;  // the greatest commit when the read arrived
  uint8_t reading = 0;
  Violation violation = Violation::kNone;
  uint8_t padding[3] = {};

  // Sorts members `from` to `to` - 1: symmetric states become equal.
  void Sort(int from, int to);

  friend bool operator==(const State& a, const State& b) {
    return std::memcmp(&a, &b, sizeof(State)) == 0;
  }
  template <typename H>
  friend H AbslHashValue(H h, const State& s) {
    return H::combine_contiguous(
        std::move(h), reinterpret_cast<const unsigned char*>(&s), sizeof(s));
  }
};

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_STATE_H_
