// Who, when and where in the log: NodeId, Lineage, Epoch, Position, History.
//
// An epoch begins with each promotion. It is the pair (number, leader) and is
// compared whole everywhere: with an even number of members two leaders of one
// number can each find a fence quorum, and only the pair keeps them apart.
//
//   history   (1,a) from 1      (3,b) from 120        (4,a) from 121
//   index     1 ............ 119  120                 121 ....... last
//
// Two nodes with equal (lineage, epoch, index) hold the same prefix of records
// (Raft's log matching property, with epochs for terms).
#ifndef VIGIL_REPLICATION_POSITION_H_
#define VIGIL_REPLICATION_POSITION_H_

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace vigil {

// A node's random identity, made at its first start and kept with its data.
// Names and addresses are attributes of it. Zero: none.
struct NodeId {
  uint64_t value = 0;
  friend constexpr auto operator<=>(const NodeId&, const NodeId&) = default;
  explicit operator bool() const { return value != 0; }
};

// The identity of a data set, made once, when a group first elects a master.
struct Lineage {
  uint64_t value = 0;
  friend constexpr auto operator<=>(const Lineage&, const Lineage&) = default;
  explicit operator bool() const { return value != 0; }
};

// `leader` is the sentinel that won the election of `number`.
struct Epoch {
  uint64_t number = 0;
  NodeId leader;
  friend constexpr auto operator<=>(const Epoch&, const Epoch&) = default;
  explicit operator bool() const { return number != 0; }
};

// The epoch and index of a record; of the last one, for a node. {} is before
// all.
struct Position {
  Epoch epoch;
  uint64_t index = 0;
  friend constexpr auto operator<=>(const Position&, const Position&) = default;
};

std::string ToString(NodeId id);           // 16 hex digits
std::string ToString(Lineage lineage);     // 16 hex digits
std::string ToString(const Epoch& epoch);  // "3.00f1..." number and leader
std::string ToString(const Position& at);  // "3/120"

// Which epoch wrote which part of a log. Value type, thread-compatible.
class History {
 public:
  struct Entry {
    Epoch epoch;
    uint64_t first_index = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  History() = default;
  // Keeps what is in order (epochs and indexes both rise) and drops the rest,
  // so that bytes from outside cannot make a history that breaks its invariant.
  explicit History(std::vector<Entry> entries);

  // REQUIRES: epoch and first_index above those of the last entry, except that
  // a last entry with the same first_index (an epoch without a record) is
  // replaced.
  void Append(const Epoch& epoch, uint64_t first_index);

  // Drops epochs without a record in a log that ends at `last_index`.
  void TrimTo(uint64_t last_index);

  // The epoch that wrote `index`; {} when index is before the first entry.
  Epoch EpochAt(uint64_t index) const;
  Position PositionAt(uint64_t index) const { return {EpochAt(index), index}; }
  // The highest epoch, with or without a record; {} when empty.
  Epoch last_epoch() const;

  const std::vector<Entry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  friend bool operator==(const History&, const History&) = default;

 private:
  std::vector<Entry> entries_;
};

// The last index up to which two logs are the same: in the last epoch that both
// histories share, the smaller of their last indexes in it. 0: nothing shared.
uint64_t CommonIndex(const History& a, uint64_t a_last, const History& b,
                     uint64_t b_last);

}  // namespace vigil

#endif  // VIGIL_REPLICATION_POSITION_H_
