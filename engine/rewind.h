// Rewind: what a replica puts in the place of its log's tail, which its group does not
// have: an old master's last writes, which reached nobody.
//
//     own log      1 ......... common | tail: its keys are asked for, then it goes
//     present entries of those keys           ─┐
//     group's log              common | 1 2 3 ─┴─▶ exact, when the log is there up to
//                                                  where the entries were looked up
//
// Only the tail has touched what differs: every other key is as it was at `common`.
// Entries carry versions, so the log from there on makes them exact, as after a walk.
//
// Bounded: what is kept here (keys, entries, log) is at most `bytes_max`.
//
// Pure. Thread-compatible.
#ifndef VIGIL_ENGINE_REWIND_H_
#define VIGIL_ENGINE_REWIND_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/record.h"
#include "engine/storage.h"

namespace vigil::engine {

class Rewind {
 public:
  Rewind(uint64_t common, size_t bytes_max)
      : common_(common), bytes_max_(bytes_max), last_(common) {}

  // Takes the next records of the tail.
  //   kUnimplemented      one of them empties or swaps databases, so that it touches
  //                       more than can be asked for
  //   kResourceExhausted  it is too much
  //   kDataLoss           not records
  absl::Status AddTail(std::string_view records);

  // The keys that the tail touched, each as an encoded kDelete, in pieces of about
  // `bytes_max`; at least one piece.
  std::vector<std::string> Keys(size_t bytes_max) const;

  // Takes entries of those keys. What never comes does not exist.
  // kDataLoss: something else. Returns how many there were.
  absl::StatusOr<size_t> AddEntries(std::string_view records);
  // Takes the group's next records. kDataLoss: not records. kOutOfRange: a gap.
  // kResourceExhausted: it is too much.
  absl::Status AddLog(std::string_view records);

  uint64_t common() const { return common_; }
  size_t key_count() const { return entries_.size(); }  // that the tail touched
  uint64_t last_index() const { return last_; }
  const std::vector<LogSlice>& log() const { return log_; }
  // Calls visit(database, key, record) for each key of the tail; `record` is its
  // encoded kSet, empty when there is no such key.
  void ForEachKey(
      absl::FunctionRef<void(uint8_t, std::string_view, std::string_view)>
          visit) const;

 private:
  using Key = std::pair<uint8_t, std::string>;

  absl::Status Take(size_t bytes);

  const uint64_t common_;
  const size_t bytes_max_;
  uint64_t last_;  // of log_
  size_t bytes_ = 0;
  // In order: what is asked for follows from what the tail has, and from nothing else.
  absl::btree_map<Key, std::string> entries_;
  std::vector<LogSlice> log_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_REWIND_H_
